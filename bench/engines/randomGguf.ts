import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { readGgufFileInfo } from "node-llama-cpp";
import { type GgufTensor, type GgufValue, writeGguf } from "./ggufWriter.js";
import { constantF32, randomQ8 } from "./randomWeights.js";

/** A decoder of architecture qwen2 with tied embeddings. */
export interface RandomShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly feedForward: number;
  /** Tokens: qwen2's vocabulary, or its first so many with the tokens of the chat. */
  readonly vocabulary: number;
}

const QWEN2_VOCABULARY = 151_936;

/** The models that are written here; random-0.5b has the shape of Qwen2.5-0.5B, random-1.5b that of Qwen2.5-1.5B. */
export const RANDOM_SHAPES = {
  "random-1m": { layers: 2, width: 64, heads: 2, kvHeads: 1, feedForward: 192, vocabulary: 16_000 },
  "random-5m": { layers: 4, width: 128, heads: 4, kvHeads: 2, feedForward: 384, vocabulary: 32_000 },
  "random-10m": { layers: 4, width: 64, heads: 2, kvHeads: 1, feedForward: 192, vocabulary: QWEN2_VOCABULARY },
  "random-0.5b": { layers: 24, width: 896, heads: 14, kvHeads: 2, feedForward: 4_864, vocabulary: QWEN2_VOCABULARY },
  "random-1.5b": { layers: 28, width: 1_536, heads: 12, kvHeads: 2, feedForward: 8_960, vocabulary: QWEN2_VOCABULARY },
} as const satisfies Readonly<Record<string, RandomShape>>;

export type RandomModelName = keyof typeof RANDOM_SHAPES;

/** Part of the file's name: a change in how files are written makes them anew. */
const RECIPE_VERSION = 1;
const CONTEXT_LENGTH = 8_192;
const NORM_EPSILON = 1e-6;
const ROPE_BASE = 1_000_000;
/** As Qwen2's own weights begin their training. */
const DEVIATION = 0.02;
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** Writes a model of a real shape with random weights (Q8_0), the same bytes for the same name, or finds it written.
 *  The embeddings of the tokens that end a text are zeroes, so that greedy decoding never ends one early.
 *  @param vocabularyPath  GGUF with qwen2's vocabulary
 *  @returns the file's path */
export async function randomModelPath(
  name: RandomModelName,
  cacheFolder: string,
  vocabularyPath: string,
  onLine: (line: string) => void,
): Promise<string> {
  const shape = RANDOM_SHAPES[name];
  const recipe = JSON.stringify([RECIPE_VERSION, CONTEXT_LENGTH, DEVIATION, shape]);
  const hash = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const path = join(cacheFolder, `${name}-${hash}.gguf`);
  if (existsSync(path)) return path;
  onLine(`${name}: ${(countParameters(shape) / 1e6).toFixed(1)} M random weights into ${path}`);
  mkdirSync(cacheFolder, { recursive: true });
  const vocabulary = await readVocabulary(vocabularyPath, shape.vocabulary);
  writeGguf(path, { ...modelMetadata(name, shape), ...tokenizerMetadata(vocabulary) }, tensorsOf(shape, vocabulary));
  return path;
}

export function countParameters(shape: RandomShape): number {
  const { layers, width, feedForward, vocabulary } = shape;
  const kvWidth = (width / shape.heads) * shape.kvHeads;
  const matrices = 2 * width * width + 2 * width * kvWidth + 3 * width * feedForward;
  const vectors = 2 * width + width + 2 * kvWidth;
  return vocabulary * width + layers * (matrices + vectors) + width;
}

interface CutVocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly merges: readonly string[];
  readonly endOfText: number;
  readonly endOfTurn: number;
}

const ENDS = { text: "<|endoftext|>", turn: "<|im_end|>" } as const;
const CONTROL_TOKENS = [ENDS.text, "<|im_start|>", ENDS.turn];
/** The tokens before the first merge are the single bytes. */
const BYTES = 256;

/** The vocabulary's first tokens: byte-pair merges are numbered in their order, so what is left is a vocabulary as well. */
async function readVocabulary(path: string, size: number): Promise<CutVocabulary> {
  const { metadata } = await readGgufFileInfo(path, { sourceType: "filesystem", logWarnings: false });
  const { tokens: all, token_type: types, merges: allMerges } = metadata.tokenizer.ggml;
  if (all.length < size || types === undefined || allMerges === undefined)
    throw new Error(`${path} has no byte-pair vocabulary of ${size} tokens`);
  const isWhole = size === all.length;
  const plain = isWhole ? size : size - CONTROL_TOKENS.length;
  const tokens = isWhole ? all : [...all.slice(0, plain), ...CONTROL_TOKENS];
  const merges = isWhole ? allMerges : allMerges.slice(0, plain - BYTES);
  return {
    tokens,
    types: isWhole
      ? types
      : [...types.slice(0, plain), ...CONTROL_TOKENS.map((token) => types[all.indexOf(token)] ?? 1)],
    merges,
    endOfText: tokens.indexOf(ENDS.text),
    endOfTurn: tokens.indexOf(ENDS.turn),
  };
}

function modelMetadata(name: string, shape: RandomShape): Record<string, GgufValue> {
  return {
    "general.architecture": { type: "string", value: "qwen2" },
    "general.name": { type: "string", value: name },
    "general.description": { type: "string", value: "random weights: a benchmark's model, of no other use" },
    // llama.cpp's number for "mostly Q8_0"
    "general.file_type": { type: "uint32", value: 7 },
    "qwen2.context_length": { type: "uint32", value: CONTEXT_LENGTH },
    "qwen2.embedding_length": { type: "uint32", value: shape.width },
    "qwen2.block_count": { type: "uint32", value: shape.layers },
    "qwen2.feed_forward_length": { type: "uint32", value: shape.feedForward },
    "qwen2.attention.head_count": { type: "uint32", value: shape.heads },
    "qwen2.attention.head_count_kv": { type: "uint32", value: shape.kvHeads },
    "qwen2.attention.layer_norm_rms_epsilon": { type: "float32", value: NORM_EPSILON },
    "qwen2.rope.freq_base": { type: "float32", value: ROPE_BASE },
  };
}

function tokenizerMetadata(vocabulary: CutVocabulary): Record<string, GgufValue> {
  return {
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "qwen2" },
    "tokenizer.ggml.tokens": { type: "strings", value: vocabulary.tokens },
    "tokenizer.ggml.token_type": { type: "int32s", value: vocabulary.types },
    "tokenizer.ggml.merges": { type: "strings", value: vocabulary.merges },
    "tokenizer.ggml.bos_token_id": { type: "uint32", value: vocabulary.endOfText },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: vocabulary.endOfTurn },
    "tokenizer.ggml.padding_token_id": { type: "uint32", value: vocabulary.endOfText },
    "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
    "tokenizer.chat_template": { type: "string", value: CHAT_TEMPLATE },
  };
}

function tensorsOf(shape: RandomShape, vocabulary: CutVocabulary): GgufTensor[] {
  const { width, feedForward } = shape;
  const kvWidth = (width / shape.heads) * shape.kvHeads;
  let seed = 0;
  const matrix = (name: string, columns: number, rows: number, zeroRows: readonly number[] = []) =>
    randomQ8(name, [columns, rows], { seed: Math.imul(++seed, 0x9e3779b1), deviation: DEVIATION, zeroRows });
  const layer = (number: number): GgufTensor[] => {
    const named = (name: string) => `blk.${number}.${name}`;
    return [
      constantF32(named("attn_norm.weight"), width, 1),
      matrix(named("attn_q.weight"), width, width),
      constantF32(named("attn_q.bias"), width, 0),
      matrix(named("attn_k.weight"), width, kvWidth),
      constantF32(named("attn_k.bias"), kvWidth, 0),
      matrix(named("attn_v.weight"), width, kvWidth),
      constantF32(named("attn_v.bias"), kvWidth, 0),
      matrix(named("attn_output.weight"), width, width),
      constantF32(named("ffn_norm.weight"), width, 1),
      matrix(named("ffn_gate.weight"), width, feedForward),
      matrix(named("ffn_up.weight"), width, feedForward),
      matrix(named("ffn_down.weight"), feedForward, width),
    ];
  };
  return [
    matrix("token_embd.weight", width, shape.vocabulary, [vocabulary.endOfText, vocabulary.endOfTurn]),
    constantF32("output_norm.weight", width, 1),
    ...Array.from({ length: shape.layers }, (_, number) => layer(number)).flat(),
  ];
}
