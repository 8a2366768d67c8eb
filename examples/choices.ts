// One of a list of labels a row, and how sure the model is of each.
import { Rowmill } from "rowmill";

interface Labelled {
  readonly inference_result: string;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
}

const reviews = [
  "The soup arrived cold and so did the waiter.",
  "Two years on the road and this tent hasn't let in a drop.",
  "It's a lamp. It lights up.",
];

const mill = new Rowmill();
const id = await mill.infer(reviews, {
  model: "starter",
  systemPrompt: "Classify the sentiment of the review: positive, negative or neutral.",
  outputChoices: ["positive", "negative", "neutral"],
  labelProbabilities: true,
});

for (const { inference_result, probability, probabilities } of await mill.getJobResults<Labelled>(id))
  console.log(inference_result, probability.toFixed(2), probabilities);
