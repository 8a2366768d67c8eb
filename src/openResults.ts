import { InputError } from "./errors.js";
import { FINAL_STATUSES, type Home, JobFile, type JobRecord } from "./jobs/index.js";
import { naming, option } from "./optionNames.js";
import { resultShape } from "./resultShape.js";
import type { ResultBatch, ResultShape } from "./results/index.js";
import type { CheckedResultOptions } from "./rowmillOptions.js";

/** Rows of a list that are read from a job at a time. */
const BATCH_ROWS = 2000;

/** Of jobs that have ended, how many outputs can't be unpacked: who reads a job by ranges has them counted, and is told, once. */
const brokenOf = new WeakMap<Home, Map<string, number>>();

/** A job's results, ready to be read. */
export interface OpenResults extends Disposable {
  readonly shape: ResultShape;
  readonly format: "array" | "arrow";
  /** The rows asked for, in order. */
  batches(): AsyncIterable<ResultBatch>;
}

/** @param warn told of outputs that can't be unpacked
 *  @throws {RowmillError} ROWMILL_JOB_FILE_MISSING
 *  @throws {InputError} ROWMILL_BAD_OPTION, ROWMILL_NO_LOGPROBS */
export async function openResults(
  home: Home,
  job: JobRecord,
  given: CheckedResultOptions,
  warn: (line: string) => void,
): Promise<OpenResults> {
  const { from = 0, to = Number.POSITIVE_INFINITY } = given;
  if (from > to)
    throw new InputError("ROWMILL_BAD_OPTION", naming`${option("from", from)} is behind ${option("to", to)}`);
  const planned = await resultShape(job, given);
  const { countBroken } = await import("./results/index.js");
  const file = JobFile.open(home, job.jobId);
  const close = () => file.close();
  try {
    // looked for beforehand, and among all rows: a file's columns are written before its rows, and each part of a job has the same
    const known = planned.unpackJson ? brokenOf.get(home)?.get(job.jobId) : undefined;
    const broken = known ?? countBroken(file.outputs(BATCH_ROWS), planned);
    if (planned.unpackJson && FINAL_STATUSES.has(job.status)) keepBroken(home, job.jobId, broken);
    if (broken > 0 && known === undefined) warn(brokenLine(broken, job, planned.outputColumn));
    const shape = broken > 0 ? { ...planned, includeErrors: true } : planned;
    const format = given.format ?? "array";
    return { shape, format, batches: () => file.resultBatches(BATCH_ROWS, { from, to }), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

function keepBroken(home: Home, jobId: string, broken: number): void {
  const counts = brokenOf.get(home) ?? new Map<string, number>();
  brokenOf.set(home, counts.set(jobId, broken));
}

/** Outputs that were to be unpacked and can't be. */
function brokenLine(broken: number, job: JobRecord, outputColumn: string): string {
  return `${broken} of ${job.rowsDone} outputs are no JSON that can be unpacked: ${outputColumn}_error says which and why (a list of bare outputs keeps their texts)`;
}
