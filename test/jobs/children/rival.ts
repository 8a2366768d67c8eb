import { once } from "node:events";
import { acquireLease, openHome } from "../../../src/jobs/index.js";
import { claimerOf } from "./claimNext.js";

// fights for the lease, does one job with it, gives it back, until all jobs are done
using home = openHome(process.argv[2] as string);
const claimNext = claimerOf(home);
console.log("ready");
await once(process.stdin, "data");
while (home.catalog.list({ status: ["QUEUED", "STARTING", "RUNNING"] }).length > 0) {
  using lease = acquireLease(home.catalog);
  const job = lease === null ? null : claimNext(lease);
  if (lease === null || job === null) continue;
  const run = home.catalog.setStatus(job.jobId, ["STARTING"], "RUNNING", { runner: lease });
  const end = home.catalog.setStatus(job.jobId, ["RUNNING"], "SUCCEEDED", { runner: lease });
  console.log(run && end ? job.jobId : `lost ${job.jobId}`);
}
