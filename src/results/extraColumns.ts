import type { ColumnType } from "../data/index.js";
import { listTokenLogprobs } from "./listTokenLogprobs.js";
import type { ResultRow, ResultShape } from "./result.js";

export interface ExtraColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly valueOf: (row: ResultRow) => unknown;
}

export interface Extra {
  /** What a job must have recorded, and the sampling parameter by which it does. */
  readonly recorded?: { readonly what: string; readonly by: "logprobs" | "tokenLogprobs" };
  readonly columns: readonly ExtraColumn[];
}

/** What results tell of a row beside its output, where it is asked for: the columns of each option, in order. */
export const EXTRAS = {
  includeCumulativeLogprobs: {
    recorded: { what: "log-probabilities", by: "logprobs" },
    columns: [{ name: "cumulative_logprob", type: "number", valueOf: (row) => row.cumulativeLogprob }],
  },
  includeTokenLogprobs: {
    recorded: { what: "tokens", by: "tokenLogprobs" },
    columns: [
      {
        name: "token_logprobs",
        type: "json",
        valueOf: ({ tokenLogprobs }) => (tokenLogprobs ? listTokenLogprobs(tokenLogprobs) : null),
      },
    ],
  },
  includeFinishReason: {
    columns: [
      { name: "finish_reason", type: "string", valueOf: (row) => row.finish ?? null },
      {
        name: "input_truncated",
        type: "boolean",
        valueOf: (row) => (row.finish === undefined ? null : row.isInputCut === true),
      },
    ],
  },
} as const satisfies Readonly<Partial<Record<keyof ResultShape, Extra>>>;

export type ExtraOption = keyof typeof EXTRAS;
export const EXTRA_OPTIONS = Object.keys(EXTRAS) as readonly ExtraOption[];

export function extraColumns(shape: Pick<ResultShape, ExtraOption>): readonly ExtraColumn[] {
  return EXTRA_OPTIONS.flatMap((option): readonly ExtraColumn[] =>
    shape[option] === true ? EXTRAS[option].columns : [],
  );
}
