import type { OutputForm } from "../output/index.js";
import type { ChatFormat, ChatFrame } from "../prompt/index.js";
import type { JobSampling, Sampling } from "../sampling.js";
import type { TokenLogprobs } from "../tokenLogprobs.js";

export type { Sampling, TokenLogprobs };

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

/** The chat around every row of a job. */
export interface EngineChat extends ChatFormat {
  /** As the model's template made it at submission; `null` where an earlier version submitted the job. */
  readonly frame: ChatFrame | null;
}

/** A job in terms of text: what all its rows share. Nothing in it is compiled, and nothing is one engine's own but the plan. */
export interface EngineJob {
  readonly plan: BatchPlan;
  readonly chat: EngineChat;
  /** What every output must be, of which an engine enforces what it can; `null` for free text. */
  readonly form: OutputForm | null;
  /** Of a form of choices: choose by the probability that the model gives each of them with its end of turn, and tell those,
   *  instead of generating token by token. */
  readonly scoresChoices: boolean;
  /** Tell the probabilities of the labels of the output's fields. */
  readonly confidence: boolean;
  /** Its seed is that of the job: each row brings its own. */
  readonly sampling: JobSampling;
  /** Cut a row's text that is longer than what fits; otherwise such a row fails. */
  readonly truncateRows: boolean;
}

/** One row on its way in. */
export interface EngineRow {
  readonly index: number;
  readonly text: string;
  readonly seed: number;
}

/** Where an engine gets its rows: the next one, or null when there are no more. */
export interface Pull<Row> {
  (): Promise<Row | null>;
  /** Whether the next row, or the end, comes without one that runs having to end first; settled as soon as that is known.
   *  An engine waits for a row that is due, so that what shares a batch does not depend on how fast rows arrive. Without
   *  it no row counts as due. */
  readonly isDue?: () => Promise<boolean>;
}

export type RowPull = Pull<EngineRow>;

export type FinishReason = "stop" | "length";

/** One row on its way out. */
export interface EngineResult {
  readonly index: number;
  readonly text: string;
  readonly finish: FinishReason;
  /** The row's text is longer than what fits, and was cut. */
  readonly isInputCut: boolean;
  /** Tokens of the row and the chat around it. */
  readonly inputTokens: number;
  /** Of those, taken from what was computed for another row. */
  readonly sharedTokens: number;
  readonly outputTokens: number;
  readonly cumulativeLogprob: number | null;
  /** One probability a choice, in the form's order, together 1; `null` where the output was generated. */
  readonly labelProbabilities: readonly number[] | null;
  /** Where asked for. */
  readonly tokenLogprobs?: TokenLogprobs;
  /** For each of the form's label fields one probability a label, together 1: over the labels alone. `null` where the output
   *  has no such field, or was cut. */
  readonly fieldProbabilities?: readonly (readonly number[] | null)[];
}

export interface EngineFailure {
  readonly index: number;
  readonly error: string;
  /** The row's text was cut before it failed. */
  readonly isInputCut?: boolean;
  /** What it has taken all the same. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** Where the engine reports while it runs; called often, must be cheap. */
export interface EngineMeter {
  addInputTokens(count: number): void;
  addOutputTokens(count: number): void;
  /** Told what keeps all rows waiting, in words that stand behind "waiting for"; null when nothing does any more. */
  waitsFor?(what: string | null): void;
}

/** Turns rows of text into results of text. One engine lives in one worker thread and does nothing else there. */
export interface Engine extends AsyncDisposable {
  /** Runs rows until the source ends or the signal aborts; results come in the order in which rows finish.
   *  @throws what ends the whole job: a form that can't be compiled, a model that can't be run */
  run(
    job: EngineJob,
    pull: RowPull,
    meter: EngineMeter,
    done: (result: EngineResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
