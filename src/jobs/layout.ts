import { randomUUID } from "node:crypto";
import { join } from "node:path";

/** Where things lie in a home. */
export const configPath = (home: string) => join(home, "config.json");
export const catalogPath = (home: string) => join(home, "catalog.db");
/** Held while the catalogue is opened, and one that is damaged put aside. */
export const catalogLockPath = (home: string) => join(home, "catalog.lock");
/** Lines about the home that nobody has seen yet. */
export const untoldPath = (home: string) => join(home, "untold.txt");
export const modelsFolder = (home: string) => join(home, "models");
export const jobsFolder = (home: string) => join(home, "jobs");
export const jobFolder = (home: string, jobId: string) => join(home, "jobs", jobId);
export const jobFilePath = (home: string, jobId: string) => join(home, "jobs", jobId, "job.db");
/** A job's folder while `jobs rm` deletes it. */
export const removedFolder = (home: string, jobId: string) => join(home, "jobs", `removed-${jobId}`);
/** Where folders go that are nobody's job. */
export const asideFolder = (home: string) => join(home, "aside");
/** Held by the process that runs the home's jobs. It lies with the jobs, whatever becomes of the catalogue. */
export const runnerLockPath = (home: string) => join(home, "jobs", "runner.lock");
/** Which process is making the job. */
export const submitterPath = (home: string, jobId: string) => join(home, "jobs", jobId, "submitter.json");
/** There once the job has ended and its file says how. */
export const endedPath = (home: string, jobId: string) => join(home, "jobs", jobId, "ended");
/** The page of live counters that other processes read. */
export const countersPath = (home: string, jobId: string) => join(home, "jobs", jobId, "counters");

export function newJobId(): string {
  return `job-${randomUUID()}`;
}
