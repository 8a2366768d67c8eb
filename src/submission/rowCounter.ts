import { InputError } from "../errors.js";
import type { ChatFormat } from "../prompt/index.js";
import { fillSampling, type JobSampling } from "../sampling.js";
import type { JobModel, RowRuler, RowSpace } from "./jobModel.js";
import type { CheckedOptions } from "./options.js";

const LEAST_ROW_TOKENS = 8;

/** What one row's text comes to. */
export interface CountedRow {
  readonly prompt: string | null;
  /** The tokens of the row's text, after cutting; `null` for a row that is too long and may not be cut. */
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

/** One model's view of the rows: what measures them, the frame around a row and what fits between. */
export class RowCounter implements AsyncDisposable {
  readonly totals: Totals = { rows: 0, emptyRows: 0, tooLongRows: 0, inputTokens: 0, longestRowTokens: 0 };

  private constructor(
    readonly model: JobModel,
    readonly sampling: JobSampling,
    readonly format: ChatFormat,
    readonly ruler: RowRuler,
    private readonly space: RowSpace,
    private readonly truncateRows: boolean,
  ) {}

  /** @throws {InputError} as `openRuler` of the model, ROWMILL_CHOICE_TOO_LONG; ROWMILL_PROMPT_TOO_LONG when the system prompt and maxTokens leave a row no place */
  static async open(model: JobModel, options: CheckedOptions): Promise<RowCounter> {
    const format = formatOf(model, options);
    const ruler = await model.openRuler(format);
    try {
      const contextLength = ruler.contextLength ?? Number.POSITIVE_INFINITY;
      const sampling = fillSampling(options.sampling, options.randomSeedPerInput, contextLength);
      const space = ruler.frameFor(sampling.maxTokens);
      if (ruler.isExact) checkChoices(ruler, options.outputChoices ?? [], sampling.maxTokens);
      if (ruler.isExact && space.capacity < LEAST_ROW_TOKENS)
        throw new InputError(
          "ROWMILL_PROMPT_TOO_LONG",
          `the system prompt and its frame take ${space.tokens} tokens and maxTokens ${sampling.maxTokens} of the ${contextLength} that ${model.name} holds: nothing is left for a row`,
        );
      return new RowCounter(model, sampling, format, ruler, space, options.truncateRows);
    } catch (error) {
      await ruler[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Tokens of the chat template before a row. */
  get prefixTokens(): number {
    return this.space.prefixTokens;
  }

  /** Tokens of the chat template around a row. */
  get frameTokens(): number {
    return this.space.tokens;
  }

  /** Counts a batch's prompts and adds them to the totals. */
  count(prompts: readonly (string | null)[]): CountedRow[] {
    return prompts.map((prompt) => this.#countRow(prompt));
  }

  #countRow(prompt: string | null): CountedRow {
    const { totals } = this;
    totals.rows++;
    if (prompt === null) totals.emptyRows++;
    const all = this.space.tokenize(prompt ?? "");
    const isTooLong = all.length > this.space.capacity;
    if (isTooLong) totals.tooLongRows++;
    const ids = isTooLong && !this.truncateRows ? null : this.space.cut(all);
    const tokens = ids?.length ?? 0;
    totals.longestRowTokens = Math.max(totals.longestRowTokens, tokens);
    totals.inputTokens += tokens + this.frameTokens;
    return { prompt, ids };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ruler[Symbol.asyncDispose]();
  }
}

/** What the catalogue says of the model's chat, and what the job says over it. */
function formatOf(model: JobModel, options: CheckedOptions): ChatFormat {
  return {
    systemPrompt: options.systemPrompt,
    templateArguments: { ...model.templateArguments, ...options.templateArguments },
    answerPrefix: options.answerPrefix ?? model.answerPrefix,
  };
}

/** A choice that could never be written whole. */
function checkChoices(ruler: RowRuler, choices: readonly string[], maxTokens: number): void {
  for (const choice of choices) {
    // a token is at least a byte
    if (Buffer.byteLength(choice) <= maxTokens) continue;
    const { length } = ruler.tokenize(choice);
    if (length > maxTokens)
      throw new InputError(
        "ROWMILL_CHOICE_TOO_LONG",
        `the choice ${JSON.stringify(`${choice.slice(0, 40)}…`)} has ${length} tokens, and maxTokens is ${maxTokens}: raise it (samplingParams.maxTokens) or shorten the choice`,
      );
  }
}
