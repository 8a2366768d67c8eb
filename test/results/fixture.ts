import type { EncodedBatch } from "../../src/data/index.js";
import type { ResultBatch, ResultRow, ResultShape } from "../../src/results/index.js";

/** A row that succeeded with this output, or failed with this error. */
export function resultRow(
  index: number,
  outcome: { output?: string; error?: string; logprob?: number; probabilities?: number[] },
): ResultRow {
  return {
    index,
    output: outcome.output ?? null,
    error: outcome.error ?? null,
    cumulativeLogprob: outcome.logprob ?? null,
    inputTokens: 5,
    outputTokens: 2,
    labelProbabilities: outcome.probabilities ?? null,
  };
}

export function encodeRows(rows: readonly unknown[]): EncodedBatch {
  return { format: "json", bytes: Buffer.from(JSON.stringify(rows)) };
}

/** A list's batch: prompts and outputs. */
export function listBatch(prompts: (string | null)[], rows: ResultRow[]): ResultBatch {
  return { rows, prompts, inputs: null };
}

/** A table's batch from row objects. */
export function tableBatch(inputs: readonly Record<string, unknown>[], rows: ResultRow[]): ResultBatch {
  return { rows, prompts: inputs.map(() => null), inputs: encodeRows(inputs) };
}

export async function* stream<T>(...batches: T[]): AsyncGenerator<T> {
  for (const batch of batches) yield batch;
}

/** Columns of a schema that says no types. */
export function jsonColumns(...names: string[]): ResultShape["unpackedColumns"] {
  return names.map((name) => ({ name, type: "json" }));
}

export const LIST: ResultShape = {
  kind: "list",
  columns: [],
  outputColumn: "inference_result",
  includeInputs: false,
  includeCumulativeLogprobs: false,
  unpackJson: false,
  includeErrors: true,
  unpackedColumns: null,
};

export const TABLE: ResultShape = {
  ...LIST,
  kind: "table",
  includeInputs: true,
  columns: [
    { name: "id", type: "integer" },
    { name: "text", type: "string" },
  ],
};
