// A list of strings in, one schema-valid answer a string out.
import { Rowmill } from "rowmill";

const reviews = [
  "The soup arrived cold and so did the waiter.",
  "Two years on the road and this tent hasn't let in a drop.",
  "It's a lamp. It lights up.",
];

const mill = new Rowmill();
const id = await mill.infer(reviews, {
  model: "starter",
  systemPrompt: "Classify the sentiment of the review: positive, negative or neutral.",
  outputSchema: {
    type: "object",
    properties: { sentiment: { enum: ["positive", "negative", "neutral"] } },
    required: ["sentiment"],
    additionalProperties: false,
  },
});

console.log(await mill.getJobResults(id, { includeInputs: true, unpackJson: true }));
