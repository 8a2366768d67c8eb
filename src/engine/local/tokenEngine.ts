import type { ModelFacts } from "../../addon.js";
import type { BatchPlan, EngineFailure, EngineMeter, EngineResult, Pull, Sampling } from "../engine.js";

export type { ModelFacts };

/** Which model to load, and how. */
export interface LoadOptions {
  readonly modelPath: string;
  /** Compute threads of this engine. */
  readonly threads: number;
  /** `auto` takes the fastest backend that has a device, `cpu` none but the CPU. */
  readonly backend: "auto" | "cpu";
}

/** What an output may be, in the forms that engines take; each is made at first use. */
export interface JobGrammar {
  /** Root rule named `root`. */
  readonly gbnf: string;
  /** As the native automaton reads it (emitTables). */
  readonly tables: Uint32Array;
}

/** Everything that an engine of tokens needs to run a job's rows. */
export interface TokenJob {
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
  readonly labelFields?: readonly LabelField[];
}

/** A scalar of the output that is one of a few. */
export interface LabelField {
  /** The output is a label and nothing else; else it is JSON, and the labels' texts are. */
  readonly isWhole: boolean;
  /** The members that lead to it, each one's name as the output may write it, quotes included. */
  readonly path: readonly (readonly string[])[];
  /** For each label the texts that stand for it. */
  readonly labels: readonly { readonly texts: readonly string[] }[];
}

/** One row on its way into a slot. */
export interface TokenRow {
  readonly index: number;
  /** The row's text as token ids, already cut to size, without prefix and suffix. */
  readonly tokens: Uint32Array;
  readonly seed: number;
}

export type TokenPull = Pull<TokenRow>;

/** Its input tokens are those of prefix, row and suffix. */
export type TokenResult = Omit<EngineResult, "isInputCut">;

/** A model's tokens. */
export interface Tokenizer extends AsyncDisposable {
  readonly facts: ModelFacts;
  /** Token ids of a text in which special tokens are ordinary characters. */
  tokenize(text: string): Uint32Array;
  /** Token ids of template text in which special tokens count as such. */
  tokenizeTemplate(text: string): Uint32Array;
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

/** Turns token ids into token ids. */
export interface TokenEngine extends Tokenizer {
  /** Runs rows through the batch's slots until the source ends or the signal aborts. A slot pulls its next row as soon
   *  as it is free; results come in the order in which rows finish. */
  run(
    job: TokenJob,
    pull: TokenPull,
    meter: EngineMeter,
    done: (result: TokenResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Where the engine keeps them. */
  statistics?(): EngineStatistics;
}
