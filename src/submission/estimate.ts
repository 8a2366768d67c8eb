import type { ColumnChoice, JobWarning } from "../jobs/index.js";
import type { MemoryFit } from "../models/index.js";

/** What a job would read, write, cost and take: the answer of a dry run. */
export interface Estimate {
  readonly model: string;
  readonly rows: number;
  /** Rows whose prompt is null or absent. */
  readonly emptyRows: number;
  /** Rows that would be cut, or become error rows with `truncateRows: false`. */
  readonly tooLongRows: number;
  /** The order that `columnOrder: "auto"` has found; `null` where there was nothing to order. */
  readonly columnChoice: ColumnChoice | null;
  /** Every row with the chat template around it: exact, where the model's own tokenizer has counted them. */
  readonly inputTokens: number;
  /** "guessed": there is no tokenizer, as of an endpoint; four bytes are taken for a token. */
  readonly inputTokensBasis: "counted" | "guessed";
  /** Input tokens that the row admitted before has in the same places, chat template included: an engine that keeps them
   *  need not compute them again. Exact for rows that run one after the other. */
  readonly sharedTokens: number;
  /** The others: `inputTokens` − `sharedTokens`. */
  readonly computedTokens: number;
  /** Most tokens that can be generated: rows × maxTokens, or less where the schema bounds the output. */
  readonly maxOutputTokens: number;
  /** What a job of it would be warned of. */
  readonly warnings: readonly JobWarning[];
  /** In the catalogue's currency unit, USD, for `inputTokens` and `maxOutputTokens`; null where it knows no price. */
  readonly cost: number | null;
  /** Rough running time; null where nothing is known about this model on this machine. */
  readonly seconds: number | null;
  /** What `seconds` rests on: an earlier job of this model in this home, or arithmetic on its size. */
  readonly secondsBasis: "measured" | "calculated" | "unknown";
  /** Weights, KV cache and what is computed with; null where that can't be told. */
  readonly memory: MemoryFit | null;
}

/** Multiply-adds a core does a second on quantised weights, measured on 2 cores with node-llama-cpp
 *  (docs/performance.md); a rough figure until a first job has been measured. */
const FLOPS_PER_CORE = 12e9;

/** @param tokensPerSecond what an earlier job of the model reached, null when there is none */
export function estimateSeconds(
  tokens: number,
  tokensPerSecond: number | null,
  parameters: number,
  cores: number,
): Pick<Estimate, "seconds" | "secondsBasis"> {
  if (tokensPerSecond !== null && tokensPerSecond > 0)
    return { seconds: Math.ceil(tokens / tokensPerSecond), secondsBasis: "measured" };
  if (parameters <= 0) return { seconds: null, secondsBasis: "unknown" };
  return { seconds: Math.ceil((tokens * 2 * parameters) / (FLOPS_PER_CORE * cores)), secondsBasis: "calculated" };
}
