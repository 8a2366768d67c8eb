import type { GgufFileInfo, GgufInsights } from "node-llama-cpp";
import { InputError, messageOf } from "../errors.js";
import { loadLlama } from "../loadedLlama.js";
import { checkModelHeaders, partBytes } from "./ggufFile.js";

/** What a model file says of itself, read without loading its weights. */
export interface ModelFileFacts {
  readonly path: string;
  /** Of all parts. */
  readonly fileBytes: number;
  readonly architecture: string;
  readonly name: string | null;
  /** Largest number of tokens in one sequence that the model was trained for. */
  readonly contextLength: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly embeddingLength: number;
  readonly vocabularySize: number;
  readonly parameters: number;
  /** The model's own Jinja template, `null` where the file has none. */
  readonly chatTemplate: string | null;
  /** Keeps one state a sequence instead of a cache a token (Mamba and its like). */
  readonly isRecurrent: boolean;
  /** Some layers recurrent, some with attention. */
  readonly isHybrid: boolean;
  /** Tokens that a sliding-window layer looks back, `null` where every layer sees all. */
  readonly slidingWindow: number | null;
  /** The bundled llama.cpp can load this architecture. */
  readonly isSupported: boolean;
}

/** How a model is to be run. */
export interface BatchShape {
  /** Sequences of one worker. */
  readonly slots: number;
  /** Tokens that one sequence can hold. */
  readonly slotTokens: number;
  /** Tokens of one decode call. */
  readonly batchTokens: number;
  /** Contexts beside each other; the weights are mapped once. */
  readonly workers: number;
  /** Layers on the GPU: 0 for none, `null` for all. */
  readonly gpuLayers?: number | null;
}

/** What a job would take of memory with the planner's slots, and what there is. */
export interface MemoryFit {
  /** Weights, KV cache of all slots, and what is computed with. */
  readonly bytes: number;
  /** Of the place where it would run, busy or not. */
  readonly availableBytes: number;
  readonly fits: boolean;
  readonly place: "GPU" | "CPU";
  readonly workers: number;
  /** Of a worker; each holds one row. */
  readonly slots: number;
  readonly slotTokens: number;
}

/** Bytes, in main memory and on the GPU together. */
export interface MemoryEstimate {
  readonly weights: number;
  readonly kvCache: number;
  /** Logits, activations and graph. */
  readonly compute: number;
  readonly total: number;
}

/** Insights hold the parsed file, which is worth keeping as long as its facts are in use. */
const insightsOf = new WeakMap<ModelFileFacts, GgufInsights>();

/** Reads a model file's header with node-llama-cpp.
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND, ROWMILL_NOT_A_MODEL */
export async function readModelFacts(path: string): Promise<ModelFileFacts> {
  const first = await checkModelHeaders(path);
  const { file, insights } = await readInsights(first);
  const fileBytes = await checkWhole(first, file, insights);
  const { attention, embedding_length, vocab_size } = file.architectureMetadata;
  const layers = Math.max(0, insights.totalLayers - 1); // insights count the output as a layer
  const heads = largest(attention?.head_count);
  const facts: ModelFileFacts = {
    path: first,
    fileBytes,
    architecture: file.metadata.general.architecture,
    name: file.metadata.general.name ?? null,
    contextLength: insights.trainContextSize ?? 0,
    layers,
    heads,
    kvHeads: largest(attention?.head_count_kv) || heads,
    embeddingLength: insights.embeddingVectorSize ?? embedding_length ?? 0,
    vocabularySize: file.metadata.tokenizer?.ggml?.tokens?.length ?? vocab_size ?? 0,
    parameters: insights.totalParameters,
    chatTemplate: file.metadata.tokenizer?.chat_template ?? null,
    isRecurrent: insights.isRecurrent,
    isHybrid: insights.isHybrid,
    slidingWindow: insights.swaSize ?? null,
    isSupported: insights.isSupportedByLlamaCpp,
  };
  insightsOf.set(facts, insights);
  return facts;
}

/** The memory that a batch of slots will take, by node-llama-cpp's dry run of llama.cpp's own allocation. */
export async function estimateMemory(facts: ModelFileFacts, shape: BatchShape): Promise<MemoryEstimate> {
  const insights = insightsOf.get(facts) ?? (await readInsights(facts.path)).insights;
  insightsOf.set(facts, insights);
  const modelGpuLayers = shape.gpuLayers === null ? insights.totalLayers : (shape.gpuLayers ?? 0);
  const context = {
    modelGpuLayers,
    contextSize: shape.slotTokens,
    sequences: shape.slots,
    batchSize: shape.batchTokens,
  };
  const model = await insights.estimateModelResourceRequirementsV2({ gpuLayers: modelGpuLayers });
  const whole = sum(await insights.estimateContextResourceRequirementsV2(context));
  const kvCache = Math.min(whole, cacheBytes(insights, context));
  const weights = sum(model);
  const { workers } = shape;
  return {
    weights,
    kvCache: kvCache * workers,
    compute: (whole - kvCache) * workers,
    total: weights + whole * workers,
  };
}

interface ContextShape {
  readonly modelGpuLayers: number;
  readonly contextSize: number;
  readonly sequences: number;
  readonly batchSize: number;
}

/** The older estimate adds logits for a batch to the cache; with a batch of one token next to nothing of them is left. */
function cacheBytes(insights: GgufInsights, context: ContextShape): number {
  return sum(insights.estimateContextResourceRequirements({ ...context, batchSize: 1, includeGraphOverhead: false }));
}

async function readInsights(path: string): Promise<{ file: GgufFileInfo; insights: GgufInsights }> {
  const { GgufInsights, readGgufFileInfo } = await import("node-llama-cpp");
  // where there is no build for the CPU, node-llama-cpp takes another
  const llama = await loadLlama("cpu").catch(() => undefined);
  try {
    const file = await readGgufFileInfo(path, { sourceType: "filesystem", logWarnings: false });
    return { file, insights: await GgufInsights.from(file, llama) };
  } catch (cause) {
    throw new InputError("ROWMILL_NOT_A_MODEL", `${path} is damaged: ${messageOf(cause)}`, { cause });
  }
}

/** A file that a broken download cut off has a header that promises more than there is, and its reader does not notice.
 *  @returns bytes of all parts */
async function checkWhole(path: string, file: GgufFileInfo, insights: GgufInsights): Promise<number> {
  const sizes = await partBytes(path);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const headerEnd = file.infoEndOffset ?? 0;
  const promised = insights.modelSize + (sizes.length === 1 ? headerEnd : 0);
  if (headerEnd > (sizes[0] ?? 0) || promised > total) {
    throw new InputError(
      "ROWMILL_NOT_A_MODEL",
      `${path} is cut off: ${total} bytes, less than its header says; fetch it again`,
    );
  }
  return total;
}

function largest(count: number | readonly number[] | undefined): number {
  if (count === undefined) return 0;
  return typeof count === "number" ? count : Math.max(0, ...count);
}

function sum({ cpuRam, gpuVram }: { cpuRam: number; gpuVram: number }): number {
  return cpuRam + gpuVram;
}
