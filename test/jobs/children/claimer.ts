import { once } from "node:events";
import { openHome } from "../../../src/jobs/index.js";
import { claimerOf } from "./claimNext.js";

// takes jobs with somebody else's lease, as fast as it can, until none is left
const [path, token, pid] = process.argv.slice(2) as [string, string, string];
using home = openHome(path);
const claimNext = claimerOf(home);
console.log("ready");
await once(process.stdin, "data");
const runner = { token, pid: Number(pid) };
// one first, then as fast as it can when told that the others have one too
console.log(claimNext(runner)?.jobId);
await once(process.stdin, "data");
for (let job = claimNext(runner); job !== null; job = claimNext(runner)) {
  console.log(job.jobId);
}
