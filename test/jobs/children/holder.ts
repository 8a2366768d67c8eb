import { acquireLease, openHome } from "../../../src/jobs/index.js";
import { claimerOf } from "./claimNext.js";

// holds the lease and a job until it is killed
const home = openHome(process.argv[2] as string);
const claimNext = claimerOf(home);
const lease = acquireLease(home.catalog);
const job = lease === null ? null : claimNext(lease);
console.log(`holds ${job?.jobId}`);
setInterval(() => lease?.renew(), 50);
