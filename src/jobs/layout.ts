import { randomUUID } from "node:crypto";
import { join } from "node:path";

/** Where things lie in a home. */
export const configPath = (home: string) => join(home, "config.json");
export const catalogPath = (home: string) => join(home, "catalog.db");
export const modelsFolder = (home: string) => join(home, "models");
export const jobsFolder = (home: string) => join(home, "jobs");
export const jobFolder = (home: string, jobId: string) => join(home, "jobs", jobId);
export const jobFilePath = (home: string, jobId: string) => join(home, "jobs", jobId, "job.db");
/** Which process is making the job. */
export const submitterPath = (home: string, jobId: string) => join(home, "jobs", jobId, "submitter.json");
/** The page of live counters that other processes map. */
export const countersPath = (home: string, jobId: string) => join(home, "jobs", jobId, "counters");

export function newJobId(): string {
  return `job-${randomUUID()}`;
}
