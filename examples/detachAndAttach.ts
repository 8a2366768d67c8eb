// A job goes on by itself: submit it, leave, come back from any terminal. With a job's id as argument this example
// attaches to that job; without one it submits a job and ends at once.
import { Rowmill } from "rowmill";

const mill = new Rowmill();
const [id] = process.argv.slice(2);

if (id === undefined) {
  const submitted = await mill.infer("examples/reviews.csv", {
    model: "starter",
    column: "review",
    systemPrompt: "Classify the sentiment of the review: positive, negative or neutral.",
    outputSchema: {
      type: "object",
      properties: { sentiment: { enum: ["positive", "negative", "neutral"] } },
      required: ["sentiment"],
      additionalProperties: false,
    },
    stayAttached: false,
  });
  console.log(`${submitted} is on its way. Watch it with: npm run example -- detachAndAttach ${submitted}`);
} else {
  // The same numbers as the bar of `mill.attach(id)`, for your own display.
  for await (const { status, rowsDone, rowsTotal, tokensPerSecond } of mill.progress(id)) {
    console.log(`${status} ${rowsDone}/${rowsTotal} rows, ${Math.round(tokensPerSecond)} tokens/s`);
  }
  const rows = await mill.awaitJobCompletion(id, { timeout: 600 });
  if (rows === null) process.exitCode = 1;
  else console.log(`${rows.length} results, the first: ${JSON.stringify(rows[0])}`);
}
