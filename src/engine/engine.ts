import type { TokenLogprobs } from "../addon.js";

export type { TokenLogprobs };

/** What a loaded model is. */
export interface ModelFacts {
  /** Largest number of tokens in one sequence that the model was trained for. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly fileBytes: number;
  readonly architecture: string;
  /** The model's own Jinja chat template, `null` where the file has none. */
  readonly chatTemplate: string | null;
  readonly bosText: string | null;
  readonly eosText: string | null;
  /** The model expects its BOS token before everything else. */
  readonly prependsBos: boolean;
}

/** How to choose tokens, every field filled in. Semantics as vLLM documents its SamplingParams. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 looks at the whole vocabulary. */
  readonly topK: number;
  readonly minP: number;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** 1 changes nothing. */
  readonly repetitionPenalty: number;
}

/** What all rows of a job share. */
export interface BatchPlan {
  readonly slots: number;
  readonly threads: number;
  /** Tokens that one slot can hold. */
  readonly slotTokens: number;
  /** Tokens of one decode call. */
  readonly batchTokens: number;
  /** Most tokens of a row's text that are computed ahead as the output's next ones, where it seems to copy; 0 for none. Outputs
   *  are the same with any number. The native engine's alone. */
  readonly draftTokens: number;
  /** Sample on the device that computes the logits, so that token ids come back instead of logits. Where the job needs the
   *  logits, or the device can't, the host samples all the same: tokens are chosen within the graph when they are the
   *  likeliest, or drawn from the `topK` likeliest (up to 128), and there are no penalties, log-probabilities, labels or
   *  drafts. The native engine's alone. */
  readonly samplesInGraph: boolean;
}

/** What an output may be, in the forms that engines take; each is made at first use. */
export interface JobGrammar {
  /** Root rule named `root`. */
  readonly gbnf: string;
  /** As the native automaton reads it (emitTables). */
  readonly tables: Uint32Array;
}

/** Everything that an engine needs to run a job's rows. */
export interface BatchJob {
  readonly plan: BatchPlan;
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
  /** `null` for free text. */
  readonly grammar: JobGrammar | null;
  /** Every row's output is one of these texts, chosen by the probability that the model gives each of them with its end of
   *  turn, instead of token by token; `null` generates. */
  readonly labels: readonly string[] | null;
  readonly sampling: Sampling;
  /** Record the chosen tokens' log-probabilities, as a sum. */
  readonly logprobs: boolean;
  /** Record each of them. */
  readonly tokenLogprobs?: boolean;
  /** Leave it to the model in which tokens it writes what the grammar leaves no choice about, as the reference engine does:
   *  for comparing engines. Default: such text is tokenised and not sampled. */
  readonly samplesForced?: boolean;
  /** Of generated outputs, the fields whose labels are to have probabilities. */
  readonly labelFields?: readonly EngineLabelField[];
}

/** A scalar of the output that is one of a few. */
export interface EngineLabelField {
  /** The output is a label and nothing else; else it is JSON, and the labels' texts are. */
  readonly isWhole: boolean;
  /** The members that lead to it, each one's name as the output may write it, quotes included. */
  readonly path: readonly (readonly string[])[];
  /** For each label the texts that stand for it. */
  readonly labels: readonly { readonly texts: readonly string[] }[];
}

/** One row on its way into a slot. */
export interface EngineRow {
  readonly index: number;
  /** The row's text as token ids, already cut to size, without prefix and suffix. */
  readonly tokens: Uint32Array;
  readonly seed: number;
}

export type FinishReason = "stop" | "length";

/** Where an engine gets its rows: the next one, or null when there are no more. */
export interface RowPull {
  (): Promise<EngineRow | null>;
  /** Whether the next row, or the end, comes without one that runs having to end first; settled as soon as that is known.
   *  An engine waits for a row that is due, so that what shares a batch does not depend on how fast rows arrive. Without
   *  it no row counts as due. */
  readonly isDue?: () => Promise<boolean>;
}

/** One row on its way out. */
export interface EngineResult {
  readonly index: number;
  readonly text: string;
  readonly finish: FinishReason;
  /** Tokens of prefix, row and suffix. */
  readonly inputTokens: number;
  /** Of those, taken from what was computed for another row. */
  readonly sharedTokens: number;
  readonly outputTokens: number;
  readonly cumulativeLogprob: number | null;
  /** One probability a label of the job, in the labels' order, together 1; `null` where the output was generated. */
  readonly labelProbabilities: readonly number[] | null;
  /** Where asked for. */
  readonly tokenLogprobs?: TokenLogprobs;
  /** For each of the job's label fields one probability a label, together 1: over the labels alone. `null` where the output
   *  has no such field, or was cut. */
  readonly fieldProbabilities?: readonly (readonly number[] | null)[];
}

/** Where the engine reports while it runs; called often, must be cheap. */
export interface EngineMeter {
  addInputTokens(count: number): void;
  addOutputTokens(count: number): void;
}

/** What an engine's runs have come to since it was opened. */
export interface EngineStatistics {
  readonly steps: number;
  readonly inputTokens: number;
  readonly sharedTokens: number;
  readonly outputTokens: number;
  /** Output that the grammar left no choice about. */
  readonly forcedTokens: number;
  /** Computed ahead, and those of them that the output had. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
  /** Chosen within llama.cpp's graph, those that end a text among them. */
  readonly graphTokens: number;
  readonly computedTokens: number;
  /** Within llama.cpp's decode, and altogether within the loop's steps. */
  readonly decodeMs: number;
  readonly totalMs: number;
}

/** Turns token ids into token ids. One engine lives in one worker thread and does nothing else there. */
export interface Engine extends AsyncDisposable {
  readonly facts: ModelFacts;
  /** Token ids of a text in which special tokens are ordinary characters. */
  tokenize(text: string): Uint32Array;
  /** Token ids of template text in which special tokens count as such. */
  tokenizeTemplate(text: string): Uint32Array;
  /** Runs rows through the batch's slots until the source ends or the signal aborts. A slot pulls its next row as soon
   *  as it is free; results come in the order in which rows finish. */
  run(
    job: BatchJob,
    pull: RowPull,
    meter: EngineMeter,
    done: (result: EngineResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Where the engine keeps them. */
  statistics?(): EngineStatistics;
}

export interface EngineFailure {
  readonly index: number;
  readonly error: string;
}
