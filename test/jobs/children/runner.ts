import { JobFile, openHome } from "../../../src/jobs/index.js";

// gives every row that has none a result, a few rows a transaction, until it is done or killed
const [path, jobId, name] = process.argv.slice(2) as [string, string, string];
using home = openHome(path);
using job = JobFile.open(home, jobId);
console.log("ready");
let after = -1;
for (let rows = job.pendingRows(after, 40); rows.length > 0; rows = job.pendingRows(after, 40)) {
  const { duplicates } = job.appendResults(
    rows.map(({ index }) => ({
      index,
      output: `${name}: ${"x".repeat(2000)}`,
      error: null,
      cumulativeLogprob: null,
      labelProbabilities: null,
      inputTokens: 3,
      outputTokens: 2,
    })),
  );
  if (duplicates > 0) throw new Error(`${duplicates} rows were run twice`);
  after = rows.at(-1)!.index;
  // after the transaction: what was printed is kept, whatever happens
  console.log(`kept ${after}`);
}
console.log("done");
