import { JobFile, type JobSpec, newJobId, openHome } from "../../../src/jobs/index.js";

// makes two jobs of one row of so many letters, cancels them and prints their ids
const [path, letters] = process.argv.slice(2) as [string, string];
using home = openHome(path);
for (const letter of ["a", "b"]) {
  using file = JobFile.create(home, newJobId());
  file.appendRows([{ prompt: letter.repeat(Number(letters)) }], null);
  const facts = { rowsTotal: 1, rowsEmpty: 0, rowsTruncated: 0, inputTokensTotal: 1, longestRowTokens: 1 };
  // nobody reads what was asked for
  const job = { jobId: file.jobId, spec: { priority: 0 } as JobSpec, facts, createdAt: new Date().toISOString() };
  file.keepRecord(job);
  file.seal();
  home.catalog.submitAll([job]);
  file.markEntered();
  console.log(home.catalog.cancel(file.jobId).jobId);
}
// as a command ends: the catalogue's log and its index stay
process.exit(0);
