import { type Llama, LlamaGrammar, type LlamaModel, type Token } from "node-llama-cpp";
import { backendFor } from "../../../llamaBackend.js";
import { loadLlama } from "../../../loadedLlama.js";
import type { EngineFailure, EngineMeter } from "../../engine.js";
import { labelTree } from "../labels.js";
import type { LoadOptions, ModelFacts, TokenEngine, TokenJob, TokenPull, TokenResult } from "../tokenEngine.js";
import { FieldLabels } from "./fieldLabels.js";
import { sampleFirstAlone } from "./sampleOrder.js";
import { type LabelChoice, type SharedBySlots, Slot } from "./slot.js";

export interface NodeLlamaCppOptions extends LoadOptions {
  /** Load only the vocabulary: the engine can tokenise, not run. */
  readonly vocabularyOnly?: boolean;
}

/** llama.cpp's build for an engine; a tokenizer computes nothing, and takes one that is there. */
export async function loadBackend({
  backend,
  threads,
  vocabularyOnly,
}: Omit<NodeLlamaCppOptions, "modelPath">): Promise<Llama> {
  return await loadLlama(await backendFor(backend), vocabularyOnly === true ? undefined : threads);
}

/** The reference engine: llama.cpp through node-llama-cpp's low-level evaluation, one sequence a slot. */
export async function openNodeLlamaCpp(options: NodeLlamaCppOptions): Promise<TokenEngine> {
  const llama = await loadBackend(options);
  const model = await llama.loadModel({
    modelPath: options.modelPath,
    vocabOnly: options.vocabularyOnly === true,
  });
  return new NodeLlamaCppEngine(llama, model);
}

class NodeLlamaCppEngine implements TokenEngine {
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
    job: TokenJob,
    pull: TokenPull,
    meter: EngineMeter,
    done: (result: TokenResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { plan } = job;
    const context = await this.#model.createContext({
      sequences: plan.slots,
      contextSize: plan.slotTokens + FieldLabels.roomFor(job.labelFields ?? []),
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
        choice: job.labels === null ? null : this.#choiceOf(job.labels),
        fields: job.labelFields === undefined ? null : new FieldLabels(this.#model, job.labelFields, this.#endTokens()),
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

  #choiceOf(labels: readonly string[]): LabelChoice {
    const endTokens = this.#endTokens();
    // the answer begins a text of its own: no space is put before it
    const tokens = labels.map((label) => this.#model.tokenize(label, false, "trimLeadingSpace"));
    const tree = labelTree(tokens.map((own) => ({ tokens: own, ends: [{ depth: own.length, tokens: endTokens }] })));
    return { tree, lengths: tokens.map(({ length }) => length) };
  }

  #endTokens(): Token[] {
    return [...this.#model.iterateAllTokens()].filter((token) => this.#model.isEogToken(token));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model.dispose();
  }
}
