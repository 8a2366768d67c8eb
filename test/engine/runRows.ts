import type {
  BatchPlan,
  EngineFailure,
  FrameTokens,
  Sampling,
  TokenEngine,
  TokenJob,
  TokenResult,
} from "../../src/engine/local/index.js";
import { tokenizeFrame } from "../../src/engine/local/index.js";
import { renderChatHere } from "../../src/prompt/chatHere.js";
import { TICKET_PROMPT } from "../rowmill/fixture.js";

export const GREEDY: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  maxTokens: 16,
  stop: [],
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
};

export interface Run extends Partial<Omit<TokenJob, "plan" | "sampling">> {
  readonly plan?: Partial<BatchPlan>;
  /** What is other than greedy. */
  readonly sampling?: Partial<Sampling>;
  /** A row's seed, by its index. Default: 1. */
  readonly seedOf?: (index: number) => number;
}

/** Runs rows, given as texts or token ids, as turns of a chat.
 *  @returns their results in row order */
export async function runRows(
  engine: TokenEngine,
  rows: readonly (string | Uint32Array)[],
  { plan, sampling, seedOf = () => 1, ...job }: Run = {},
): Promise<(TokenResult | EngineFailure)[]> {
  const results: (TokenResult | EngineFailure)[] = [];
  let next = 0;
  await engine.run(
    {
      plan: { slots: 2, threads: 1, slotTokens: 256, batchTokens: 512, draftTokens: 0, samplesInGraph: false, ...plan },
      prefix: engine.tokenizeTemplate("<|im_start|>user\n"),
      suffix: engine.tokenizeTemplate("<|im_end|>\n<|im_start|>assistant\n"),
      grammar: null,
      labels: null,
      sampling: { ...GREEDY, ...sampling },
      logprobs: false,
      ...job,
    },
    async () => {
      const index = next++;
      const row = rows[index];
      if (row === undefined) return null;
      return { index, tokens: typeof row === "string" ? engine.tokenize(row) : row, seed: seedOf(index) };
    },
    { addInputTokens: () => undefined, addOutputTokens: () => undefined },
    (result) => {
      results[result.index] = result;
    },
    new AbortController().signal,
  );
  return results;
}

/** The same, of rows that must not fail.
 *  @throws {Error} what the engine says of one that does */
export async function resultsOf(
  engine: TokenEngine,
  rows: readonly (string | Uint32Array)[],
  run: Run = {},
): Promise<TokenResult[]> {
  return (await runRows(engine, rows, run)).map((result) => {
    if ("error" in result) throw new Error(`row ${result.index}: ${result.error}`);
    return result;
  });
}

/** The chat around a row with instructions before it; by default those for tickets. */
export function chatFrame(engine: TokenEngine, systemPrompt = TICKET_PROMPT): FrameTokens {
  return tokenizeFrame(
    engine,
    renderChatHere(engine.facts, { systemPrompt, templateArguments: {}, answerPrefix: null }),
  );
}
