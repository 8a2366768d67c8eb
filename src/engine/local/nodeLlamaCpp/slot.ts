import {
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaGrammar,
  LlamaGrammarEvaluationState,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
} from "node-llama-cpp";
import { messageOf } from "../../../errors.js";
import type { EngineFailure, EngineMeter, FinishReason, TokenLogprobs } from "../../engine.js";
import { chooseLabel, type LabelNode } from "../labels.js";
import type { TokenJob, TokenPull, TokenResult, TokenRow } from "../tokenEngine.js";
import type { FieldLabels } from "./fieldLabels.js";
import { LabelScorer } from "./scoreLabels.js";
import { type GeneratedOutput, scoreFields, scoreTokens } from "./scoreOutput.js";
import { StopScanner } from "./stopStrings.js";

/** What the slots of a job have in common, made once. */
export interface SharedBySlots {
  readonly grammar: LlamaGrammar | null;
  /** Where an output is chosen among the job's labels. */
  readonly choice: LabelChoice | null;
  /** Where the labels of generated outputs' fields are scored. */
  readonly fields: FieldLabels | null;
}

export interface LabelChoice {
  readonly tree: LabelNode;
  /** Tokens of each label. */
  readonly lengths: readonly number[];
}

/** So many rows of a slot that fail one after the other end the job. */
const MOST_FAILURES = 3;

/** One sequence of the context: keeps the job's prefix and runs one row after the other behind it. */
export class Slot {
  readonly #sequence: LlamaContextSequence;
  readonly #prefix: Token[];
  readonly #suffix: Token[];
  #hasRun = false;

  constructor(
    private readonly model: LlamaModel,
    private readonly context: LlamaContext,
    private readonly job: TokenJob,
    private readonly shared: SharedBySlots,
    private readonly meter: EngineMeter,
    private readonly done: (result: TokenResult | EngineFailure) => void,
    private readonly signal: AbortSignal,
  ) {
    this.#sequence = context.getSequence();
    this.#prefix = Array.from(job.prefix) as Token[];
    this.#suffix = Array.from(job.suffix) as Token[];
  }

  /** Runs rows until there are no more or the signal aborts. */
  async runRows(pull: TokenPull): Promise<void> {
    using scorer = new LabelScorer(this.model, this.context, this.#sequence);
    let failures = 0;
    for (let row = await pull(); row !== null && !this.signal.aborted; row = await pull()) {
      try {
        const result = await this.#runRow(row, scorer);
        if (result !== null) this.done(result);
        failures = 0;
      } catch (error) {
        // one row's error is that row's; one after the other is the engine's
        if (++failures === MOST_FAILURES) throw error;
        await this.#sequence.clearHistory();
        this.done({ index: row.index, error: messageOf(error) });
      }
    }
  }

  /** @returns null when the signal aborted the row */
  async #runRow(row: TokenRow, scorer: LabelScorer): Promise<TokenResult | null> {
    await this.#returnToPrefix();
    const prompt = [...(Array.from(row.tokens) as Token[]), ...this.#suffix];
    // an empty prompt behind an empty suffix still needs one token to predict from: the prefix's last
    const tokens = prompt.length > 0 ? prompt : await this.#takeBackLastToken();
    const { choice } = this.shared;
    return choice === null ? this.#generate(row, tokens, scorer) : this.#choose(row, tokens, scorer, choice);
  }

  /** Every row but the slot's first takes the prefix from the row before. */
  #sharedTokens(): number {
    const shared = this.#hasRun ? this.#prefix.length : 0;
    this.#hasRun = true;
    return shared;
  }

  #inputTokens(row: TokenRow): number {
    return this.#prefix.length + row.tokens.length + this.#suffix.length;
  }

  async #choose(
    row: TokenRow,
    tokens: Token[],
    scorer: LabelScorer,
    { tree, lengths }: LabelChoice,
  ): Promise<TokenResult | null> {
    const { labels, sampling, logprobs: hasLogprobs } = this.job;
    const logprobs = await scorer.score(tokens, tree, lengths.length);
    if (this.signal.aborted) return null;
    const { index, probabilities } = chooseLabel(logprobs, sampling.temperature, row.seed);
    const [inputTokens, outputTokens] = [this.#inputTokens(row), lengths[index] ?? 0];
    this.meter.addInputTokens(inputTokens);
    this.meter.addOutputTokens(outputTokens);
    return {
      index: row.index,
      text: labels?.[index] ?? "",
      finish: "stop",
      inputTokens,
      sharedTokens: this.#sharedTokens(),
      outputTokens,
      cumulativeLogprob: hasLogprobs ? (logprobs[index] ?? null) : null,
      labelProbabilities: probabilities,
    };
  }

  async #generate(row: TokenRow, tokens: Token[], scorer: LabelScorer): Promise<TokenResult | null> {
    const sequence = this.#sequence;
    const inputTokens = this.#inputTokens(row);
    const output: Token[] = [];
    const stop = new StopScanner(this.job.sampling.stop);
    let finish: FinishReason = "stop";
    let isRead = false;
    for await (const token of sequence.evaluate(tokens, this.#samplingOptions(row, output))) {
      if (!isRead) this.meter.addInputTokens(inputTokens);
      isRead = true;
      if (this.signal.aborted) return null;
      output.push(token);
      this.meter.addOutputTokens(1);
      if (stop.isActive && stop.find(this.#decode(output.slice(-stop.windowTokens))) !== null) break;
      if (output.length >= this.job.sampling.maxTokens || sequence.nextTokenIndex + 1 >= this.job.plan.slotTokens) {
        finish = "length";
        break;
      }
    }
    if (this.signal.aborted) return null;
    if (!isRead) this.meter.addInputTokens(inputTokens);
    const text = this.#decode(output);
    const cut = stop.find(text);
    if (cut !== null) finish = "stop";
    const written = cut === null ? text : text.slice(0, cut);
    const generated = { sequence, start: inputTokens - tokens.length, prompt: tokens, output };
    const wantsLogprobs = this.job.logprobs || this.job.tokenLogprobs === true;
    const logprobs = wantsLogprobs ? await scoreTokens(generated, scorer) : [];
    return {
      index: row.index,
      text: written,
      finish,
      inputTokens,
      sharedTokens: this.#sharedTokens(),
      outputTokens: output.length,
      cumulativeLogprob: this.job.logprobs ? logprobs.reduce((sum, one) => sum + one, 0) : null,
      labelProbabilities: null,
      ...(this.job.labelFields && {
        fieldProbabilities: await this.#scoreFields(generated, finish === "stop" ? written : null, scorer),
      }),
      ...(this.job.tokenLogprobs && { tokenLogprobs: this.#tokenLogprobs(output, logprobs) }),
    };
  }

  /** @param text null for an output that was cut */
  async #scoreFields(
    generated: GeneratedOutput,
    text: string | null,
    scorer: LabelScorer,
  ): Promise<(readonly number[] | null)[]> {
    const { labelFields = [] } = this.job;
    const { fields } = this.shared;
    if (text === null || fields === null) return labelFields.map(() => null);
    const textOf = (count: number) => this.#decode(generated.output.slice(0, count));
    return await scoreFields(generated, text, textOf, labelFields, fields, scorer);
  }

  /** node-llama-cpp tells a token's text, not its bytes: parts of characters are U+FFFD. */
  #tokenLogprobs(output: readonly Token[], logprobs: readonly number[]): TokenLogprobs {
    const texts = output.map((token, at) => this.model.detokenize([token], false, this.#lastTokens(output, at)));
    return {
      bytes: Buffer.from(texts.join("")),
      lengths: Uint16Array.from(texts, (text) => Buffer.byteLength(text)),
      logprobs: Float32Array.from(logprobs),
    };
  }

  #lastTokens(output: readonly Token[], at: number): readonly Token[] {
    if (at > 0) return output.slice(at - 1, at);
    return this.#suffix.length > 0 ? this.#suffix : this.#prefix;
  }

  #decode(output: readonly Token[]): string {
    return this.model.detokenize(output, false, this.#lastTokens(output, 0));
  }

  /** Leaves exactly the prefix in the sequence. */
  async #returnToPrefix(): Promise<void> {
    const sequence = this.#sequence;
    const kept = this.#prefix.length;
    if (sequence.nextTokenIndex > kept)
      await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }]);
    if (sequence.nextTokenIndex === kept) return;
    await sequence.clearHistory();
    if (kept > 0) await sequence.evaluateWithoutGeneratingNewTokens(this.#prefix);
    if (sequence.needsCheckpoints) await sequence.takeCheckpoint();
  }

  async #takeBackLastToken(): Promise<Token[]> {
    const sequence = this.#sequence;
    const last = this.#prefix.at(-1);
    if (last === undefined) throw new Error("the rendered prompt is empty: the model's chat template gave no token");
    await sequence.eraseContextTokenRanges([{ start: this.#prefix.length - 1, end: this.#prefix.length }]);
    return [last];
  }

  #samplingOptions(row: TokenRow, output: Token[]): SequenceEvaluateOptions {
    const { sampling } = this.job;
    const isPenalised =
      sampling.repetitionPenalty !== 1 || sampling.presencePenalty !== 0 || sampling.frequencyPenalty !== 0;
    // vLLM: presence and frequency count the output alone, repetition the prompt as well. llama.cpp keeps one list for all
    // three, so beside one of the others repetition counts the output alone too
    const countsPrompt = sampling.presencePenalty === 0 && sampling.frequencyPenalty === 0;
    const punishedPrompt =
      isPenalised && countsPrompt ? [...this.#prefix, ...(Array.from(row.tokens) as Token[]), ...this.#suffix] : [];
    const options: SequenceEvaluateOptions = {
      temperature: sampling.temperature,
      topK: sampling.topK,
      topP: sampling.topP,
      minP: sampling.minP,
      seed: row.seed,
    };
    const { grammar } = this.shared;
    if (grammar !== null)
      options.grammarEvaluationState = new LlamaGrammarEvaluationState({ model: this.model, grammar });
    if (isPenalised)
      options.repeatPenalty = {
        punishTokens: () => [...punishedPrompt, ...output],
        maxPunishTokens: punishedPrompt.length + sampling.maxTokens,
        penalty: sampling.repetitionPenalty,
        presencePenalty: sampling.presencePenalty,
        frequencyPenalty: sampling.frequencyPenalty,
      };
    return options;
  }
}
