import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { embeddedModelPath } from "../../src/models/index.js";

/** The starter model's bytes, to be damaged at places that have names. */
export class DamagedModel {
  bytes = readFileSync(embeddedModelPath("starter"));

  /** Where the value of a header's key lies, behind its type. */
  valueOf(key: string): number {
    return this.#behind(key) + 4;
  }

  /** Writes another chat template, its end filled up with a comment so that the weights stay aligned. */
  setChatTemplate(template: string): void {
    this.#setText(
      "tokenizer.chat_template",
      `${template}{#${"-".repeat(this.#fill("tokenizer.chat_template", `${template}{##}`))}#}`,
    );
  }

  /** Writes another text, and a comment into the chat template that keeps the weights aligned. */
  setText(key: string, text: string): void {
    const filled = "tokenizer.chat_template";
    if (key === filled) {
      this.setChatTemplate(text);
      return;
    }
    const before = this.#textLength(key);
    this.#setText(key, text);
    const at = this.valueOf(filled);
    const template = this.bytes.toString("utf8", at + 8, at + 8 + this.#textLength(filled));
    const grown = Buffer.byteLength(text) - before;
    this.#setText(filled, `${template}{#${"-".repeat((((-grown - 4) % 32) + 32) % 32)}#}`);
  }

  #textLength(key: string): number {
    return Number(this.bytes.readBigUInt64LE(this.valueOf(key)));
  }

  /** Bytes that a text needs more so that what lies behind it moves by a multiple of 32. */
  #fill(key: string, text: string): number {
    return (((this.#textLength(key) - Buffer.byteLength(text)) % 32) + 32) % 32;
  }

  #setText(key: string, text: string): void {
    const at = this.valueOf(key);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    this.bytes = Buffer.concat([
      this.bytes.subarray(0, at),
      length,
      Buffer.from(text),
      this.bytes.subarray(at + 8 + this.#textLength(key)),
    ]);
  }

  /** Where what the header says of a tensor lies. */
  tensor(name: string): { dimensions: number; shape: number; type: number; offset: number } {
    const dimensions = this.#behind(name);
    const type = dimensions + 4 + 8 * this.bytes.readUInt32LE(dimensions);
    return { dimensions, shape: dimensions + 4, type, offset: type + 4 };
  }

  /** Fills nearly all weights with a byte. */
  fillWeights(byte: number): void {
    this.bytes.fill(byte, 200_000); // the header ends before
  }

  #behind(name: string): number {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(name.length));
    const at = this.bytes.indexOf(Buffer.concat([length, Buffer.from(name)]));
    if (at < 0) throw new Error(`the starter has no ${name}`);
    return at + 8 + name.length;
  }
}

/** Writes the starter with a damage.
 *  @returns the path */
export function writeDamaged(path: string, damage: (model: DamagedModel) => void): string {
  const model = new DamagedModel();
  damage(model);
  writeFileSync(path, model.bytes);
  return path;
}

/** Damages that a look at the header finds, with what is said of each. */
export const HEADER_DAMAGES: readonly (readonly [string, (model: DamagedModel) => void, RegExp])[] = [
  ["another magic", ({ bytes }) => bytes.write("GGML", 0), /its first bytes are not "GGUF"/],
  ["a version to come", ({ bytes }) => bytes.writeUInt32LE(7, 4), /is of version 7/],
  ["the other byte order", ({ bytes }) => bytes.writeUInt32BE(3, 4), /is big-endian/],
  ["more tensors than a file can hold", ({ bytes }) => bytes.writeBigUInt64LE(1n << 61n, 8), /counts \d+ tensors/],
  ["more entries than a file can hold", ({ bytes }) => bytes.writeBigUInt64LE(1n << 40n, 16), /counts \d+ entries/],
  ["a key of two gigabytes", ({ bytes }) => bytes.writeBigUInt64LE(0x7fffffffn, 24), /a key a length of 2147483647/],
  ["a key that is empty for C", (model) => model.bytes.fill(0, 32, 33), /has the key "\\u0000eneral/],
  ["a type that there is not", (model) => writeUint32(model, "llama.block_count", 99, -4), /block_count" the type 99/],
  [
    "an array of 2⁶² values",
    (model) => model.bytes.writeBigUInt64LE(1n << 62n, model.valueOf("tokenizer.ggml.token_type") + 4),
    /counts \d+ values of "tokenizer.ggml.token_type"/,
  ],
  ["no layer", (model) => writeUint32(model, "llama.block_count", 0), /llama\.block_count = 0/],
  ["layers without end", (model) => writeUint32(model, "llama.block_count", 70_000), /llama\.block_count = 70000/],
  [
    "a negative epsilon",
    (model) => model.bytes.writeFloatLE(-1, model.valueOf("llama.attention.layer_norm_rms_epsilon")),
    /layer_norm_rms_epsilon = -1/,
  ],
  ["two equal tokens", equalTokens, /has the token ".+" twice/],
  [
    "a tensor of nine dimensions",
    (model) => model.bytes.writeUInt32LE(9, model.tensor("blk.0.attn_q.weight").dimensions),
    /tensor "blk.0.attn_q.weight" 9 dimensions/,
  ],
  [
    "a tensor behind the end",
    (model) => model.bytes.writeBigUInt64LE(1n << 33n, model.tensor("blk.0.attn_q.weight").offset),
    /puts tensor "blk.0.attn_q.weight" behind the file's end/,
  ],
  ["an end in the header", (model) => cut(model, 5000), /is cut off/],
];

/** Damages that only who loads the model finds. */
export const MODEL_DAMAGES: readonly (readonly [string, (model: DamagedModel) => void])[] = [
  ["another width", (model) => writeUint32(model, "llama.embedding_length", 8)],
  ["no width", (model) => writeUint32(model, "llama.embedding_length", 0)],
  ["no head", (model) => writeUint32(model, "llama.attention.head_count", 0)],
  ["another feed-forward width", (model) => writeUint32(model, "llama.feed_forward_length", 3)],
  ["an unknown architecture", (model) => model.bytes.write("lxama", model.valueOf("general.architecture") + 8)],
  ["overlapping tensors", (model) => model.bytes.writeBigUInt64LE(64n, model.tensor("blk.2.attn_q.weight").offset)],
  ["another type of tensor", (model) => model.bytes.writeUInt32LE(1, model.tensor("blk.2.attn_q.weight").type)],
  ["another shape", (model) => model.bytes.writeBigUInt64LE(32n, model.tensor("blk.2.attn_q.weight").shape)],
  ["an end in the weights", (model) => cut(model, 2_000_000)],
  ["an end a byte too early", (model) => cut(model, model.bytes.length - 1)],
];

function writeUint32(model: DamagedModel, key: string, value: number, from = 0): void {
  model.bytes.writeUInt32LE(value, model.valueOf(key) + from);
}

function cut(model: DamagedModel, length: number): void {
  model.bytes = model.bytes.subarray(0, length);
}

/** Writes one single-byte token over its neighbour. */
function equalTokens({ bytes }: DamagedModel): void {
  const one = (letter: string) =>
    bytes.indexOf(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(letter)]));
  bytes.write("a", one("b") + 8);
}

/** Takes one of llama.cpp's own vocabularies without weights out of the bundle that node-llama-cpp brings.
 *  @returns the path */
export function writeVocabularyOnly(folder: string): string {
  const entry = createRequire(import.meta.url).resolve("node-llama-cpp");
  const bundle = join(dirname(dirname(entry)), "llama", "gitRelease.bundle");
  const clone = join(folder, "llama");
  const name = "models/ggml-vocab-llama-spm.gguf";
  execFileSync("git", ["clone", "--quiet", "--bare", bundle, clone]);
  const path = join(folder, "vocabulary.gguf");
  writeFileSync(path, execFileSync("git", ["-C", clone, "show", `HEAD:${name}`], { maxBuffer: 1 << 26 }));
  rmSync(clone, { recursive: true });
  return path;
}
