import { JobFile, openHome } from "../../../src/jobs/index.js";

// reads rows into a job for ever, until it is killed
const [path, jobId] = process.argv.slice(2) as [string, string];
using home = openHome(path);
using job = JobFile.create(home, jobId);
for (;;) {
  job.appendRows(
    Array.from({ length: 500 }, (_, index) => ({ prompt: `row ${index}` })),
    null,
  );
  console.log(`has ${job.rowCount}`);
  if (job.rowCount === 5000) console.log("enough");
}
