import { type Home, JobFile, type JobRecord } from "./jobs/index.js";
import { resultShape } from "./resultShape.js";
import type { ResultBatch, ResultShape } from "./results/index.js";
import type { CheckedResultOptions } from "./rowmillOptions.js";

/** Rows of a list that are read from a job at a time. */
const BATCH_ROWS = 2000;

/** A job's results, ready to be read. */
export interface OpenResults extends Disposable {
  readonly shape: ResultShape;
  readonly format: "array" | "arrow";
  /** All rows in order. */
  batches(): AsyncIterable<ResultBatch>;
}

/** @param warn told of outputs that can't be unpacked
 *  @throws {RowmillError} ROWMILL_JOB_FILE_MISSING
 *  @throws {InputError} ROWMILL_NO_LOGPROBS */
export async function openResults(
  home: Home,
  job: JobRecord,
  given: CheckedResultOptions,
  warn: (line: string) => void,
): Promise<OpenResults> {
  const planned = await resultShape(job, given);
  const { countBroken } = await import("./results/index.js");
  const file = JobFile.open(home, job.jobId);
  const close = () => file.close();
  try {
    // looked for beforehand: a file's columns are written before its rows
    const broken = countBroken(file.outputs(BATCH_ROWS), planned);
    if (broken > 0) warn(brokenLine(broken, job, planned.outputColumn));
    const shape = broken > 0 ? { ...planned, includeErrors: true } : planned;
    const format = given.format ?? "array";
    return { shape, format, batches: () => file.resultBatches(BATCH_ROWS), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Outputs that were to be unpacked and can't be. */
function brokenLine(broken: number, job: JobRecord, outputColumn: string): string {
  return `${broken} of ${job.rowsDone} outputs are no JSON that can be unpacked: ${outputColumn}_error says which and why (a list of bare outputs keeps their texts)`;
}
