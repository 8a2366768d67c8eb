import { closeSync, fstatSync, openSync } from "node:fs";
import { quoted } from "../foreignText.js";
import { HeaderBytes, HeaderFault } from "./headerBytes.js";

/** Of the format's value types (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), the bytes of those that have a
 *  fixed width. */
const WIDTHS: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];
const UINT32 = 4;
const FLOAT32 = 6;
const TEXT = 8;
const ARRAY = 9;

/** The shortest that there can be: a one-byte key with a one-byte value, a one-byte name with no dimension. */
const LEAST_ENTRY_BYTES = 8 + 1 + 4 + 1;
const LEAST_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8;
const MOST_KEY_BYTES = 65_535;
/** llama.cpp's own bounds (GGML_MAX_NAME, GGML_MAX_DIMS, LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS). */
const MOST_NAME_BYTES = 63;
const MOST_DIMENSIONS = 4;
const MOST_LAYERS = 512;
const MOST_EXPERTS = 1024;

/** What of a header decides whether the file can be run. */
export interface GgufHeader {
  readonly tensors: number;
  /** `null` for the further parts of a split model. */
  readonly architecture: string | null;
  /** "gpt2", "llama", …; `null` where the file has no vocabulary. */
  readonly vocabulary: string | null;
}

type Entries = Map<string, number | string>;

/** Walks a GGUF file's header from end to end, before anybody reads it who trusts what it says: node-llama-cpp's reader
 *  takes a length that lies for so many bytes of memory, and llama.cpp ends the process over some values.
 *  @throws {HeaderFault} in words that follow "its header" */
export function readGgufHeader(path: string): GgufHeader {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    return walk(new HeaderBytes(file, size));
  } finally {
    closeSync(file);
  }
}

function walk(bytes: HeaderBytes): GgufHeader {
  bytes.skip(4); // the magic
  checkVersion(bytes.uint32());
  const tensors = checkCount(bytes.uint64(), LEAST_TENSOR_BYTES, bytes, "tensors");
  const count = checkCount(bytes.uint64(), LEAST_ENTRY_BYTES, bytes, "entries");
  const entries: Entries = new Map();
  for (let at = 0; at < count; at++) readEntry(bytes, entries);
  for (let at = 0; at < tensors; at++) readTensor(bytes);
  checkNumbers(entries);
  const architecture = entries.get("general.architecture");
  const vocabulary = entries.get("tokenizer.ggml.model");
  return {
    tensors,
    architecture: typeof architecture === "string" ? architecture : null,
    vocabulary: typeof vocabulary === "string" && vocabulary !== "no_vocab" ? vocabulary : null,
  };
}

function checkVersion(version: number): void {
  if (version === 2 || version === 3) return;
  const isSwapped = (version & 0xffff) === 0 && version !== 0;
  throw new HeaderFault(
    isSwapped
      ? "is big-endian: convert the model for this machine"
      : `is of version ${version}; versions 2 and 3 can be read`,
  );
}

function checkCount(count: number, leastBytes: number, { left }: HeaderBytes, what: string): number {
  if (count * leastBytes > left) throw new HeaderFault(`counts ${count} ${what}, more than the file can hold`);
  return count;
}

/** Reads a key and its value; keeps it where it is one number or text. */
function readEntry(bytes: HeaderBytes, entries: Entries): void {
  const key = bytes.text("a key", MOST_KEY_BYTES);
  if (key === "") throw new HeaderFault("has an entry without a key");
  // of characters that C's strings can't hold node-llama-cpp makes keys that llama.cpp ends the process over
  if (key.includes("\0")) throw new HeaderFault(`has the key ${quoted(key)}`);
  if (entries.has(key)) throw new HeaderFault(`has ${quoted(key)} twice`);
  const type = bytes.uint32();
  entries.set(key, "");
  if (type === ARRAY) readArray(bytes, key);
  else if (type === TEXT) entries.set(key, bytes.text(quoted(key)));
  else if (type === UINT32) entries.set(key, bytes.uint32());
  else if (type === FLOAT32) entries.set(key, bytes.float32());
  else bytes.skip(widthOf(type, key));
}

function readArray(bytes: HeaderBytes, key: string): void {
  const type = bytes.uint32();
  const count = bytes.uint64();
  if (type !== TEXT) {
    const width = widthOf(type, key);
    checkCount(count, width, bytes, `values of ${quoted(key)}`);
    bytes.skip(count * width);
    return;
  }
  checkCount(count, 8, bytes, `values of ${quoted(key)}`);
  // llama.cpp ends the process over a vocabulary with two equal tokens
  const isVocabulary = key === "tokenizer.ggml.tokens";
  const tokens = new Set<string>();
  for (let at = 0; at < count; at++) {
    const text = bytes.text(`a value of ${quoted(key)}`);
    if (isVocabulary && text !== "" && tokens.size === tokens.add(text).size)
      throw new HeaderFault(`has the token ${quoted(text)} twice`);
  }
}

function widthOf(type: number, key: string): number {
  const width = WIDTHS[type];
  if (width === undefined) throw new HeaderFault(`gives ${quoted(key)} the type ${type}, which there is not`);
  return width;
}

function readTensor(bytes: HeaderBytes): void {
  const name = bytes.text("a tensor's name", MOST_NAME_BYTES);
  const dimensions = bytes.uint32();
  if (dimensions > MOST_DIMENSIONS) throw new HeaderFault(`gives tensor ${quoted(name)} ${dimensions} dimensions`);
  let elements = 1;
  for (let at = 0; at < dimensions; at++) elements *= bytes.uint64();
  if (!(elements <= Number.MAX_SAFE_INTEGER)) throw new HeaderFault(`gives tensor ${quoted(name)} ${elements} numbers`);
  bytes.skip(4); // its type, which llama.cpp knows better
  const offset = bytes.uint64();
  if (offset > bytes.left) throw new HeaderFault(`puts tensor ${quoted(name)} behind the file's end`);
}

/** Numbers that llama.cpp takes as they are, until an assertion of its own ends the process. */
function checkNumbers(entries: Entries): void {
  const architecture = entries.get("general.architecture");
  const check = (name: string, isGood: (value: number) => boolean): void => {
    const value = entries.get(`${architecture}.${name}`);
    if (typeof value === "number" && !isGood(value)) throw new HeaderFault(`says ${architecture}.${name} = ${value}`);
  };
  check("block_count", (layers) => layers >= 1 && layers <= MOST_LAYERS);
  check("expert_count", (experts) => experts <= MOST_EXPERTS);
  for (const norm of ["layer_norm_rms_epsilon", "layer_norm_epsilon", "group_norm_epsilon"])
    check(`attention.${norm}`, (epsilon) => epsilon >= 0);
}
