import { openTokenizer, RowFrame, type Tokenizer } from "../engine/index.js";
import { checkModelHeaders, type ResolvedModel, readModelFacts } from "../models/index.js";
import { type ChatFormat, type RenderedChat, renderChat } from "../prompt/index.js";
import type { JobModel, RowRuler, RowSpace } from "./jobModel.js";
import { tryModel } from "./modelTrial.js";

/** A model of a file, which llama.cpp runs here. */
export function fileModel(model: ResolvedModel, home: string): JobModel {
  const { name, path, sha256, entry, templateArguments, answerPrefix } = model;
  return {
    ...{ name, ref: { file: path, sha256 }, templateArguments, answerPrefix },
    pricePerMillionTokens: entry?.pricePerMillionTokens ?? null,
    parameters: async () => (await readModelFacts(path)).parameters,
    openRuler: (format) => TokenRuler.open(model, format, home),
  };
}

/** Measures with the model's own tokenizer. */
class TokenRuler implements RowRuler {
  readonly isExact = true;

  private constructor(
    private readonly tokenizer: Tokenizer,
    private readonly chat: RenderedChat,
  ) {}

  /** @throws {InputError} ROWMILL_NOT_A_MODEL, ROWMILL_MODEL_UNREADABLE, ROWMILL_CHAT_TEMPLATE */
  static async open(model: ResolvedModel, format: ChatFormat, home: string): Promise<TokenRuler> {
    const path = await checkModelHeaders(model.path);
    const tokenizer = await openTokenizer(path, tryModel({ ...model, path }, home));
    try {
      return new TokenRuler(tokenizer, await renderChat(tokenizer.facts, format));
    } catch (error) {
      await tokenizer[Symbol.asyncDispose]();
      throw error;
    }
  }

  get contextLength(): number {
    return this.tokenizer.facts.contextLength;
  }

  get frame() {
    return this.chat.frame;
  }

  get reasoning() {
    return this.chat.reasoning;
  }

  tokenize(text: string): Uint32Array {
    return this.tokenizer.tokenize(text);
  }

  frameFor(maxTokens: number): RowSpace {
    const frame = new RowFrame(this.tokenizer, this.chat.frame, maxTokens);
    return {
      ...{ prefixTokens: frame.prefix.length, tokens: frame.tokens, capacity: frame.capacity },
      tokenize: (text) => frame.tokenize(text),
      cut: (row) => frame.fit(row, true),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tokenizer[Symbol.asyncDispose]();
  }
}
