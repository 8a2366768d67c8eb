import {
  getLlama,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  LlamaGrammar,
  LlamaGrammarEvaluationState,
  LlamaLogLevel,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
} from "node-llama-cpp";
import { messageOf } from "../errors.js";
import type {
  BatchJob,
  Engine,
  EngineFailure,
  EngineMeter,
  EngineResult,
  EngineRow,
  FinishReason,
  ModelFacts,
} from "./engine.js";
import { chooseLabel, labelTree } from "./labels.js";
import { sampleFirstAlone } from "./sampleOrder.js";
import { type LabelScoring, scoreLabels } from "./scoreLabels.js";
import { StopScanner } from "./stopStrings.js";

export interface NodeLlamaCppOptions {
  readonly modelPath: string;
  /** Compute threads of this engine. */
  readonly threads: number;
  /** `auto` takes the best backend that node-llama-cpp finds, `cpu` none but the CPU. */
  readonly backend: "auto" | "cpu";
  /** Load only the vocabulary: the engine can tokenise, not run. */
  readonly vocabularyOnly?: boolean;
}

/** One llama.cpp backend a thread and setting, shared by the engines of the thread and kept to its end: node-llama-cpp
 *  tries the binary out in a process of its own each time it loads one. */
const backends = new Map<string, Promise<Llama>>();

function loadBackend(backend: "auto" | "cpu", threads: number): Promise<Llama> {
  const key = `${backend} ${threads}`;
  let loading = backends.get(key);
  if (loading === undefined) {
    loading = getLlama({
      gpu: backend === "cpu" ? false : "auto",
      maxThreads: threads,
      logLevel: LlamaLogLevel.error,
      build: "never",
      progressLogs: false,
    });
    backends.set(key, loading);
    loading.catch(() => backends.delete(key));
  }
  return loading;
}

/** The reference engine: llama.cpp through node-llama-cpp's low-level evaluation, one sequence a slot. */
export async function openNodeLlamaCpp(options: NodeLlamaCppOptions): Promise<Engine> {
  const llama = await loadBackend(options.backend, options.threads);
  const model = await llama.loadModel({
    modelPath: options.modelPath,
    vocabOnly: options.vocabularyOnly === true,
  });
  return new NodeLlamaCppEngine(llama, model);
}

class NodeLlamaCppEngine implements Engine {
  readonly facts: ModelFacts;
  readonly #llama: Llama;
  readonly #model: LlamaModel;

  constructor(llama: Llama, model: LlamaModel) {
    this.#llama = llama;
    this.#model = model;
    this.facts = {
      // from the file: a model loaded for its vocabulary alone says 0
      contextLength: model.fileInsights.trainContextSize ?? model.trainContextSize,
      vocabularySize: model.fileInfo.metadata?.tokenizer?.ggml?.tokens?.length ?? 0,
      fileBytes: model.size,
      architecture: String(model.architecture),
      chatTemplate: model.fileInfo.metadata?.tokenizer?.chat_template ?? null,
      bosText: model.tokens.bosString,
      eosText: model.tokens.eosString,
      prependsBos: model.tokens.shouldPrependBosToken,
    };
  }

  tokenize(text: string): Uint32Array {
    return Uint32Array.from(this.#model.tokenize(text, false));
  }

  tokenizeTemplate(text: string): Uint32Array {
    return Uint32Array.from(this.#model.tokenize(text, true));
  }

  async run(
    job: BatchJob,
    pull: () => Promise<EngineRow | null>,
    meter: EngineMeter,
    done: (result: EngineResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { plan } = job;
    const context = await this.#model.createContext({
      sequences: plan.slots,
      contextSize: plan.slotTokens,
      batchSize: plan.batchTokens,
      threads: plan.threads,
      // keeps the job's prefix in the slot also for models with a sliding window
      swaFullCache: true,
    });
    try {
      sampleFirstAlone(context);
      const shared: SharedBySlots = {
        grammar:
          job.grammar === null || job.labels !== null
            ? null
            : new LlamaGrammar(this.#llama, { grammar: job.grammar.gbnf }),
        scoring: job.labels === null ? null : this.#scoringOf(job.labels),
      };
      const slots = Array.from(
        { length: plan.slots },
        () => new Slot(this.#model, context, job, shared, meter, done, signal),
      );
      await Promise.all(slots.map((slot) => slot.runRows(pull)));
    } finally {
      await context.dispose();
    }
  }

  #scoringOf(labels: readonly string[]): LabelScoring {
    // the answer begins a text of its own: no space is put before it
    const tokens = labels.map((label) => Uint32Array.from(this.#model.tokenize(label, false, "trimLeadingSpace")));
    const endTokens = [...this.#model.iterateAllTokens()].filter((token) => this.#model.isEogToken(token));
    return { tree: labelTree(tokens), lengths: tokens.map(({ length }) => length), endTokens };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model.dispose();
  }
}

interface SharedBySlots {
  readonly grammar: LlamaGrammar | null;
  readonly scoring: LabelScoring | null;
}

/** So many rows of a slot that fail one after the other end the job. */
const MOST_FAILURES = 3;

/** One sequence of the context: keeps the job's prefix and runs one row after the other behind it. */
class Slot {
  readonly #sequence: LlamaContextSequence;
  readonly #prefix: Token[];
  readonly #suffix: Token[];

  constructor(
    private readonly model: LlamaModel,
    context: LlamaContext,
    private readonly job: BatchJob,
    private readonly shared: SharedBySlots,
    private readonly meter: EngineMeter,
    private readonly done: (result: EngineResult | EngineFailure) => void,
    private readonly signal: AbortSignal,
  ) {
    this.#sequence = context.getSequence();
    this.#prefix = Array.from(job.prefix) as Token[];
    this.#suffix = Array.from(job.suffix) as Token[];
  }

  async runRows(pull: () => Promise<EngineRow | null>): Promise<void> {
    let failures = 0;
    for (let row = await pull(); row !== null && !this.signal.aborted; row = await pull()) {
      try {
        const result = await this.#runRow(row);
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
  async #runRow(row: EngineRow): Promise<EngineResult | null> {
    await this.#returnToPrefix();
    const prompt = [...(Array.from(row.tokens) as Token[]), ...this.#suffix];
    // an empty prompt behind an empty suffix still needs one token to predict from: the prefix's last
    const tokens = prompt.length > 0 ? prompt : await this.#takeBackLastToken();
    const { scoring } = this.shared;
    return scoring === null ? this.#generate(row, tokens) : this.#choose(row, tokens, scoring);
  }

  #inputTokens(row: EngineRow): number {
    return this.#prefix.length + row.tokens.length + this.#suffix.length;
  }

  async #choose(row: EngineRow, tokens: Token[], scoring: LabelScoring): Promise<EngineResult | null> {
    const { labels, sampling, logprobs: hasLogprobs } = this.job;
    const logprobs = await scoreLabels(this.#sequence, tokens, scoring);
    if (this.signal.aborted) return null;
    const { index, probabilities } = chooseLabel(logprobs, sampling.temperature, row.seed);
    const [inputTokens, outputTokens] = [this.#inputTokens(row), scoring.lengths[index] ?? 0];
    this.meter.addInputTokens(inputTokens);
    this.meter.addOutputTokens(outputTokens);
    return {
      index: row.index,
      text: labels?.[index] ?? "",
      finish: "stop",
      inputTokens,
      outputTokens,
      cumulativeLogprob: hasLogprobs ? (logprobs[index] ?? null) : null,
      labelProbabilities: probabilities,
    };
  }

  async #generate(row: EngineRow, tokens: Token[]): Promise<EngineResult | null> {
    const sequence = this.#sequence;
    const inputTokens = this.#inputTokens(row);
    const output: Token[] = [];
    const stop = new StopScanner(this.job.sampling.stop);
    let logprob = 0;
    let finish: FinishReason = "stop";
    let isRead = false;
    for await (const step of sequence.evaluateWithMetadata(
      tokens,
      { confidence: this.job.logprobs },
      this.#samplingOptions(row, output),
    )) {
      if (!isRead) this.meter.addInputTokens(inputTokens);
      isRead = true;
      if (this.signal.aborted) return null;
      output.push(step.token);
      this.meter.addOutputTokens(1);
      if (this.job.logprobs) logprob += Math.log((step as { confidence?: number }).confidence ?? Number.NaN);
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
    return {
      index: row.index,
      text: cut === null ? text : text.slice(0, cut),
      finish: cut === null ? finish : "stop",
      inputTokens,
      outputTokens: output.length,
      cumulativeLogprob: this.job.logprobs ? logprob : null,
      labelProbabilities: null,
    };
  }

  #decode(output: readonly Token[]): string {
    return this.model.detokenize(output, false, this.#suffix.length > 0 ? this.#suffix : this.#prefix);
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

  #samplingOptions(row: EngineRow, output: Token[]): SequenceEvaluateOptions {
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
