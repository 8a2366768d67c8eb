import {
  type ColumnType,
  decodeRows,
  ExactNumber,
  isWellFormed,
  MOST_LEVELS,
  objectOf,
  type PlainRow,
  parseExactJson,
} from "../data/index.js";
import type { ResultColumn } from "./columns.js";
import { confidenceOf } from "./confidence.js";
import { type ExtraOption, extraColumns } from "./extraColumns.js";
import type { ResultBatch, ResultRow, ResultShape } from "./result.js";

/** What the output of one row became: its value or the reason why there is none. */
export interface Outcome {
  readonly output: unknown;
  readonly error: string | null;
}

type OutcomeShape = Pick<ResultShape, "unpackJson" | "outputIs">;

/** A row's outcome: the output text, or what it says as JSON, each number as it was written. Output that is no JSON where JSON was to be unpacked makes an error, unless the job's form is one of texts. */
export function outcomeOf(row: Pick<ResultRow, "output" | "error">, { unpackJson, outputIs }: OutcomeShape): Outcome {
  if (row.output === null || !unpackJson || outputIs === "text") return { output: row.output, error: row.error };
  try {
    // of a key that stands twice the last value, as whatever checked the output against its schema has it
    const output = parseExactJson(row.output, MOST_LEVELS, "last");
    if (!HALF_PAIR.test(row.output) || isTextThroughout(output)) return { output, error: row.error };
    return { output: null, error: `the output holds half of a surrogate pair: ${row.output.slice(0, 80)}` };
  } catch {
    if (outputIs === "either") return { output: row.output, error: row.error };
    return { output: null, error: `the output is not valid JSON: ${row.output.slice(0, 80)}` };
  }
}

/** How many of the outputs can't be unpacked, so that their rows have only an error. */
export function countBroken(outputs: Iterable<string>, shape: OutcomeShape): number {
  let broken = 0;
  if (!shape.unpackJson || shape.outputIs === "text") return broken;
  for (const output of outputs) if (outcomeOf({ output, error: null }, shape).error !== null) broken++;
  return broken;
}

/** Half of a surrogate pair, which JSON can escape and no file of UTF-8 can hold; whole pairs too. */
const HALF_PAIR = /\\u[dD][89a-fA-F]/;

function isTextThroughout(value: unknown): boolean {
  if (typeof value === "string") return isWellFormed(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isWellFormed(key) && isTextThroughout(inner));
}

/** A batch of results, column by column as planned; values are plain (strings, numbers, booleans, null, arrays, objects). */
export function resultValues(
  batch: ResultBatch,
  columns: readonly ResultColumn[],
  shape: OutcomeShape & Pick<ResultShape, "labels" | "confidence" | ExtraOption>,
): unknown[][] {
  const needsInputs = columns.some((column) => column.origin === "input");
  const inputs = needsInputs && batch.inputs !== null ? decodeRows(batch.inputs) : [];
  const outcomes = batch.rows.map((row) => outcomeOf(row, shape));
  return columns.map((column) => columnValues(column, batch, inputs, outcomes, shape));
}

function columnValues(
  column: ResultColumn,
  batch: ResultBatch,
  inputs: readonly PlainRow[],
  outcomes: readonly Outcome[],
  shape: Pick<ResultShape, "labels" | "confidence" | ExtraOption>,
): unknown[] {
  const labels = shape.labels ?? [];
  switch (column.origin) {
    case "input":
      return batch.rows.map((_, i) => typedText(column.type, ownValue(inputs[i], column.from)));
    case "prompt":
      return batch.rows.map((_, i) => batch.prompts[i] ?? null);
    case "output":
      return outcomes.map(({ output }) => output);
    case "key":
      return outcomes.map(({ output }) => ownValue(output, column.from));
    case "probability":
      return batch.rows.map((row) => row.labelProbabilities?.[labels.indexOf(row.output ?? "")] ?? null);
    case "probabilities":
      return batch.rows.map((row) => byLabel(row.labelProbabilities, labels));
    case "label":
      return batch.rows.map((row) => row.labelProbabilities?.[labels.indexOf(column.from)] ?? null);
    case "confidence":
      return batch.rows.map((row) => confidenceOf(shape.confidence ?? [], row.fieldProbabilities));
    case "extra": {
      const extra = extraColumns(shape).find(({ name }) => name === column.from);
      return batch.rows.map((row) => extra?.valueOf(row) ?? null);
    }
    case "error":
      return outcomes.map(({ error }) => error);
  }
}

/** A text of a column that has another type by inference is that type's: its number with the same text, a boolean, or null. */
function typedText(type: ColumnType, value: unknown): unknown {
  if (typeof value !== "string" || type === "string" || type === "json") return value;
  if (value === "") return null;
  return type === "boolean" ? value === "true" : new ExactNumber(value);
}

function byLabel(probabilities: readonly number[] | null, labels: readonly string[]): object | null {
  if (probabilities === null) return null;
  return objectOf(labels.map((label, place) => [label, probabilities[place] ?? null]));
}

/** Own properties only: a column may be called "constructor". */
function ownValue(row: unknown, name: string): unknown {
  const isThere = typeof row === "object" && row !== null && Object.hasOwn(row, name);
  return isThere ? ((row as PlainRow)[name] ?? null) : null;
}

/** Columns of values as row objects. */
export function toObjects(columns: readonly ResultColumn[], values: readonly unknown[][]): PlainRow[] {
  const rowCount = values[0]?.length ?? 0;
  return Array.from({ length: rowCount }, (_, i) =>
    Object.fromEntries(columns.map(({ name }, place) => [name, values[place]?.[i] ?? null])),
  );
}
