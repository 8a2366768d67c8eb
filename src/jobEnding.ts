import type { JobRecord } from "./jobs/index.js";
import { type NamingText, naming, option } from "./optionNames.js";

/** What `attach` says of a job that has ended: how it ended, why rows failed, and what is not whole.
 *  @param command how the command line is called here
 *  @returns lines */
export function describeEnding(job: JobRecord, command: string): (string | NamingText)[] {
  return [howItEnded(job, command), ...whyRowsFailed(job), ...whatIsCut(job)];
}

function howItEnded(job: JobRecord, command: string): string {
  const results = `${command} jobs results ${job.jobId}`;
  const { rowsDone, rowsFailed, rowsTotal } = job;
  switch (job.status) {
    case "SUCCEEDED":
      return `${job.jobId} has succeeded${rowsFailed > 0 ? ` (${rowsFailed} of ${rowsTotal} rows failed)` : ""}; its results: ${results}`;
    case "FAILED":
      return `${job.jobId} has failed: ${job.failure}${rowsDone > 0 ? `; its results: ${results}` : ""}`;
    case "CANCELLED":
      return `${job.jobId} was cancelled${rowsDone > 0 ? `; the rows that were done: ${results}` : " before a row was done"}`;
    default:
      return `${job.jobId} is ${job.status}`;
  }
}

function whyRowsFailed({ failure, failures, rowsFailed }: JobRecord): string[] {
  if (failures.length === 0) return [];
  const told = failures.reduce((sum, { rows }) => sum + rows, 0);
  const others = rowsFailed - told;
  // the job's own failure has said it
  if (failures.length === 1 && others === 0 && failure?.includes(failures[0]?.reason ?? "") === true) return [];
  return [
    "why rows failed:",
    ...failures.map(({ reason, rows }) => `  ${countOf(rows)}: ${reason}`),
    ...(others > 0 ? [`  ${countOf(others)}: other reasons`] : []),
  ];
}

function whatIsCut({ rowsCut, rowsTruncated, rowsTotal, sampling }: JobRecord): NamingText[] {
  const cut = `${rowsCut} of ${rowsTotal} outputs ${rowsCut === 1 ? "is" : "are"} cut at maxTokens (${sampling.maxTokens})`;
  const fitted = `${rowsTruncated} of ${rowsTotal} rows ${rowsTruncated === 1 ? "was" : "were"} cut to fit the model`;
  return [...(rowsCut > 0 ? [cut] : []), ...(rowsTruncated > 0 ? [fitted] : [])].map(
    (what) => naming`warning: ${what}; ${option("includeFinishReason")} marks them`,
  );
}

const countOf = (rows: number): string => `${rows} row${rows === 1 ? "" : "s"}`;
