// The same rows through several models: one job each, side by side where memory allows, none of them attached.
// Give the models as arguments, e.g. `npm run example -- severalModels starter smollm2-135m`.
import { Rowmill } from "rowmill";

const args = process.argv.slice(2);
// One model under two names, so that this runs without a download.
const models = args.length > 0 ? args : ["starter", "starter-again"];

const mill = new Rowmill({ models: { "starter-again": "models/starter/starter.gguf" } });
const ids = await mill.infer("examples/reviews.csv", {
  model: models,
  name: models.map((model) => `reviews with ${model}`),
  column: "review",
  systemPrompt: "Classify the sentiment of the review: positive, negative or neutral.",
  outputSchema: {
    type: "object",
    properties: { sentiment: { enum: ["positive", "negative", "neutral"] } },
    required: ["sentiment"],
    additionalProperties: false,
  },
});

for (const [i, id] of ids.entries()) {
  await mill.awaitJobCompletion(id);
  const { status, startedAt, finishedAt } = await mill.getJob(id);
  const rows = await mill.getJobResults<{ sentiment: string; inference_result: string }>(id);
  const right = rows.filter((row) => JSON.parse(row.inference_result).sentiment === row.sentiment).length;
  console.log(`${models[i]}: ${status}, ${right} of ${rows.length} right, ${startedAt} to ${finishedAt}`);
}
