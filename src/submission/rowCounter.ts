import { type Engine, openTokenizer, tokenizeFrame } from "../engine/index.js";
import { InputError } from "../errors.js";
import type { JobSampling } from "../jobs/index.js";
import { checkModelHeaders, type ResolvedModel } from "../models/index.js";
import { type ChatFormat, type RenderedChat, renderChat } from "../prompt/index.js";
import { SAMPLING_DEFAULTS } from "./defaults.js";
import { tryModel } from "./modelTrial.js";
import type { CheckedOptions, SamplingParams } from "./options.js";

/** A quarter of the context is left to the output, but no more than this. */
const DEFAULT_MAX_TOKENS = 512;
const LEAST_ROW_TOKENS = 8;

/** What one row's text comes to. */
export interface CountedRow {
  readonly prompt: string | null;
  /** Tokens of the row's text, after cutting. */
  readonly tokens: number;
  /** Those tokens' ids; `null` for a row that is too long and may not be cut. */
  readonly ids: Uint32Array | null;
}

/** Running totals of a submission. */
export interface Totals {
  rows: number;
  emptyRows: number;
  tooLongRows: number;
  /** With the chat template around each row. */
  inputTokens: number;
  longestRowTokens: number;
}

/** One model's view of the rows: its tokenizer, the frame around a row and what fits between. */
export class RowCounter implements AsyncDisposable {
  readonly totals: Totals = { rows: 0, emptyRows: 0, tooLongRows: 0, inputTokens: 0, longestRowTokens: 0 };

  private constructor(
    readonly model: ResolvedModel,
    readonly sampling: JobSampling,
    readonly format: ChatFormat,
    readonly chat: RenderedChat,
    /** Tokens of the chat template before a row, and around it. */
    readonly prefixTokens: number,
    readonly frameTokens: number,
    private readonly tokenizer: Engine,
    private readonly capacity: number,
    private readonly truncateRows: boolean,
  ) {}

  /** @throws {InputError} ROWMILL_NOT_A_MODEL, ROWMILL_CHAT_TEMPLATE, ROWMILL_CHOICE_TOO_LONG; ROWMILL_PROMPT_TOO_LONG when the system prompt and maxTokens leave a row no place */
  static async open(model: ResolvedModel, options: CheckedOptions, home: string): Promise<RowCounter> {
    const format = formatOf(model, options);
    const path = await checkModelHeaders(model.path);
    const tokenizer = await openTokenizer(path, tryModel({ ...model, path }, home));
    try {
      const { facts } = tokenizer;
      const chat = await renderChat(facts, format);
      const { prefix, suffix } = tokenizeFrame(tokenizer, chat.frame);
      const frameTokens = prefix.length + suffix.length;
      const sampling = fillSampling(options.sampling, options.randomSeedPerInput, facts.contextLength);
      checkChoices(tokenizer, options.outputChoices ?? [], sampling.maxTokens);
      const capacity = facts.contextLength - frameTokens - sampling.maxTokens;
      if (capacity < LEAST_ROW_TOKENS)
        throw new InputError(
          "ROWMILL_PROMPT_TOO_LONG",
          `the system prompt and its frame take ${frameTokens} tokens and maxTokens ${sampling.maxTokens} of the ${facts.contextLength} that ${model.name} holds: nothing is left for a row`,
        );
      return new RowCounter(
        model,
        sampling,
        format,
        chat,
        prefix.length,
        frameTokens,
        tokenizer,
        capacity,
        options.truncateRows,
      );
    } catch (error) {
      await tokenizer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Counts a batch's prompts and adds them to the totals. */
  count(prompts: readonly (string | null)[]): CountedRow[] {
    return prompts.map((prompt) => this.#countRow(prompt));
  }

  #countRow(prompt: string | null): CountedRow {
    const { totals } = this;
    totals.rows++;
    if (prompt === null) totals.emptyRows++;
    const text = prompt ?? "";
    const all = this.tokenizer.tokenize(this.chat.frame.trimsRow ? text.trim() : text);
    const isTooLong = all.length > this.capacity;
    if (isTooLong) totals.tooLongRows++;
    const ids = !isTooLong ? all : this.truncateRows ? all.subarray(0, this.capacity) : null;
    const tokens = ids?.length ?? 0;
    totals.longestRowTokens = Math.max(totals.longestRowTokens, tokens);
    totals.inputTokens += tokens + this.frameTokens;
    return { prompt, tokens, ids };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tokenizer[Symbol.asyncDispose]();
  }
}

/** What the catalogue says of the model's chat, and what the job says over it. */
function formatOf(model: ResolvedModel, options: CheckedOptions): ChatFormat {
  return {
    systemPrompt: options.systemPrompt,
    templateArguments: { ...model.templateArguments, ...options.templateArguments },
    answerPrefix: options.answerPrefix ?? model.answerPrefix,
  };
}

/** A choice that could never be written whole. */
function checkChoices(tokenizer: Engine, choices: readonly string[], maxTokens: number): void {
  for (const choice of choices) {
    // a token is at least a byte
    if (Buffer.byteLength(choice) <= maxTokens) continue;
    const { length } = tokenizer.tokenize(choice);
    if (length > maxTokens)
      throw new InputError(
        "ROWMILL_CHOICE_TOO_LONG",
        `the choice ${JSON.stringify(`${choice.slice(0, 40)}…`)} has ${length} tokens, and maxTokens is ${maxTokens}: raise it (samplingParams.maxTokens) or shorten the choice`,
      );
  }
}

function fillSampling(given: SamplingParams, isSeedPerInput: boolean, contextLength: number): JobSampling {
  const plain = SAMPLING_DEFAULTS;
  return {
    // different seeds are asked for to get different outputs, which greedy decoding would not give
    temperature: given.temperature ?? (isSeedPerInput ? 1 : 0),
    topP: given.topP ?? plain.topP,
    topK: Math.max(0, given.topK ?? plain.topK),
    minP: given.minP ?? plain.minP,
    maxTokens: given.maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, Math.floor(contextLength / 4)),
    stop: [given.stop ?? plain.stop].flat(),
    seed: given.seed ?? plain.seed,
    presencePenalty: given.presencePenalty ?? plain.presencePenalty,
    frequencyPenalty: given.frequencyPenalty ?? plain.frequencyPenalty,
    repetitionPenalty: given.repetitionPenalty ?? plain.repetitionPenalty,
    logprobs: given.logprobs ?? plain.logprobs,
    tokenLogprobs: given.tokenLogprobs ?? plain.tokenLogprobs,
  };
}
