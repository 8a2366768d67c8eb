import type { Column, EncodedBatch } from "../data/index.js";
import type { TokenLogprobs } from "../tokenLogprobs.js";
import type { ConfidenceField } from "./confidence.js";

/** Why a row's output ended: the model or a stop string ended it; `maxTokens` or the slot's end did; or the row failed before it
 *  had one. */
export type RowFinish = "stop" | "length" | "error";

/** One row's outcome: exactly one of `output` and `error` is a string. */
export interface ResultRow {
  /** The row's place in the input, from 0. */
  readonly index: number;
  readonly output: string | null;
  readonly error: string | null;
  /** Sum of the natural logarithms of the chosen tokens' probabilities; `null` where the engine did not report it. */
  readonly cumulativeLogprob: number | null;
  readonly inputTokens: number;
  /** Those of the input tokens that were taken from another row's KV cache; absent where the engine does not count them. */
  readonly sharedTokens?: number;
  readonly outputTokens: number;
  /** Absent for a row that has not run, and in jobs of versions that did not record it. */
  readonly finish?: RowFinish;
  /** The row's text was cut to fit; absent means no. */
  readonly isInputCut?: boolean;
  /** One probability a choice of the job, in the choices' order; `null` where none were asked for. */
  readonly labelProbabilities: readonly number[] | null;
  /** Absent for a row that failed, and where the job did not ask for them. */
  readonly tokenLogprobs?: TokenLogprobs;
  /** For each of the job's confidence fields one probability a label, null where the output has no such field; absent for a
   *  row that failed, and where the job did not ask for them. */
  readonly fieldProbabilities?: readonly (readonly number[] | null)[];
}

/** Consecutive results with their inputs: `inputs` holds the same rows, in the same order; `prompts` what was asked. */
export interface ResultBatch {
  readonly rows: readonly ResultRow[];
  readonly prompts: readonly (string | null)[];
  readonly inputs: EncodedBatch | null;
}

export interface ResultShape {
  /** The job's input: a list gives strings (or objects when unpacked), a table gives its rows with the output added. */
  readonly kind: "list" | "table";
  /** The input's columns ([] for a list). */
  readonly columns: readonly Column[];
  /** The name of the added column. */
  readonly outputColumn: string;
  /** Put the input's columns (for a list: a column "input") beside the output. */
  readonly includeInputs: boolean;
  /** Each of these adds its columns (see `EXTRAS`). */
  readonly includeCumulativeLogprobs?: boolean | undefined;
  readonly includeTokenLogprobs?: boolean | undefined;
  readonly includeFinishReason?: boolean | undefined;
  /** The fields whose labels have probabilities, where the job recorded them: adds `confidence`. */
  readonly confidence?: readonly ConfidenceField[] | null | undefined;
  /** The job's choices, where it recorded their probabilities: adds `probability`, the output's own, and `probabilities`, an
   *  object of one a choice, or with `unpackJson` a column `probability_<choice>` for each. */
  readonly labels?: readonly string[] | null | undefined;
  /** Parse each output as JSON; objects are spread into the columns of `unpackedColumns`. Numbers keep their
   *  text, as in input rows; in JavaScript those that no double holds are strings. */
  readonly unpackJson: boolean;
  /** What the job's form makes of an output: "json" (default: what does not parse is an error), "text" (unpacking leaves it as it
   *  is), or "either": JSON where it parses, else text. */
  readonly outputIs?: "json" | "text" | "either" | undefined;
  /** The properties of the job's output schema, in order, when it describes an object. Parquet and Arrow get columns of their
   *  types; one of `json` holds strings as they are and everything else as JSON. */
  readonly unpackedColumns: readonly Column[] | null;
  /** Whether an empty text of the input stood there as nothing between two separators, as in CSV files: so it does again. */
  readonly hasBareEmpties?: boolean | undefined;
  /** "escape": in CSV and TSV files an apostrophe stands before a text that a spreadsheet would run as a formula. */
  readonly csvFormulas?: "keep" | "escape" | undefined;
  /** Add `<outputColumn>_error`, an error row's message (never to a list of bare outputs). Whoever opens the results knows
   *  beforehand whether any row has failed. */
  readonly includeErrors: boolean;
}
