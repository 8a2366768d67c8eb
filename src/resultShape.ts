import type { Column } from "./data/index.js";
import { InputError } from "./errors.js";
import type { JobRecord } from "./jobs/index.js";
import { naming, option } from "./optionNames.js";
import type { Extra, ResultShape } from "./results/index.js";
import type { CheckedResultOptions } from "./rowmillOptions.js";

/** What a job's results look like.
 *  @throws {InputError} ROWMILL_NO_LOGPROBS for what the job has not recorded */
export async function resultShape(job: JobRecord, given: CheckedResultOptions): Promise<ResultShape> {
  const { EXTRA_OPTIONS, EXTRAS } = await import("./results/index.js");
  for (const extra of EXTRA_OPTIONS) {
    const { recorded }: Extra = EXTRAS[extra];
    if (given[extra] !== true || recorded === undefined || job.sampling[recorded.by]) continue;
    throw new InputError(
      "ROWMILL_NO_LOGPROBS",
      naming`${job.jobId} recorded no ${recorded.what}: run it with ${option("samplingParams", { [recorded.by]: true })}`,
    );
  }
  return {
    kind: job.kind,
    columns: job.columns,
    outputColumn: given.outputColumn ?? job.outputColumn,
    includeInputs: given.includeInputs ?? job.kind === "table",
    ...Object.fromEntries(EXTRA_OPTIONS.map((extra) => [extra, given[extra]])),
    csvFormulas: given.csvFormulas,
    // in a file of one column nothing is no value, and an empty text is written as ""
    hasBareEmpties: (job.sourceFormat === "csv" || job.sourceFormat === "tsv") && job.columns.length > 1,
    confidence: job.confidence,
    unpackJson: given.unpackJson ?? false,
    includeErrors: job.rowsDone < job.rowsTotal,
    outputIs: job.outputGrammar !== null ? "either" : (job.outputRegex ?? job.outputChoices) !== null ? "text" : "json",
    labels: job.labelProbabilities ? job.outputChoices : null,
    unpackedColumns: given.unpackJson === true ? await unpackedColumnsOf(job) : null,
  };
}

/** The columns that an output unpacks to; of a job of a version that did not keep them, its schema is compiled anew. */
async function unpackedColumnsOf({ unpackedColumns, outputSchema }: JobRecord): Promise<readonly Column[] | null> {
  if (unpackedColumns !== undefined) return unpackedColumns;
  if (outputSchema === null) return null;
  const { compileOutput } = await import("./output/index.js");
  return compileOutput({ kind: "schema", schema: outputSchema, style: "spaced" }).unpackedColumns;
}
