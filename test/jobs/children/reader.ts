import { JobFile, openHome, requireWritable } from "../../../src/jobs/index.js";

// reads what a home has, as far as it may: the jobs, their results, and what a writer is told
using home = openHome(process.argv[2] as string);
console.log(home.isReadOnly ? "read-only" : "writable");
for (const { jobId, status, rowsDone } of home.catalog.list()) {
  using file = JobFile.open(home, jobId);
  const outputs: (string | null)[] = [];
  for await (const batch of file.resultBatches(10)) outputs.push(...batch.rows.map((row) => row.output));
  console.log(JSON.stringify({ jobId, status, rowsDone, outputs }));
}
try {
  requireWritable(home);
} catch (error) {
  console.log((error as { code: string }).code);
}
