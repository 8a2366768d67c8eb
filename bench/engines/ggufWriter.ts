import { closeSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/** A value of a GGUF header, by the name of its type there. */
export type GgufValue =
  | { readonly type: "uint32" | "float32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "int32s"; readonly value: readonly number[] };

/** A tensor to be written: numbers in a row first, as GGUF counts dimensions. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: "F32" | "Q8_0";
  /** Its bytes, in pieces of any size, together as many as shape and type say; without it they are zeros that take no
   *  place on the disk. */
  bytes?(): Iterable<Uint8Array>;
}

/** The numbers of the format's types: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
const TENSOR_TYPES = { F32: 0, Q8_0: 8 } as const;
const VERSION = 3;
const ALIGNMENT = 32;

/** Numbers of one Q8_0 block: a scale as a 16-bit float, then so many signed bytes. */
export const Q8_BLOCK = 32;
export const Q8_BLOCK_BYTES = 2 + Q8_BLOCK;

/** Bytes of a tensor in the file, without what aligns the next one. */
export function tensorBytes({ shape, type }: Pick<GgufTensor, "shape" | "type">): number {
  const count = shape.reduce((product, length) => product * length, 1);
  return type === "F32" ? count * 4 : (count / Q8_BLOCK) * Q8_BLOCK_BYTES;
}

/** Writes a GGUF file, version 3, little-endian; it appears whole or not at all. */
export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): void {
  const part = `${path}.${process.pid}.part`;
  const file = openSync(part, "w");
  try {
    const header = encodeHeader(metadata, tensors);
    writeSync(file, header);
    let at = header.length;
    for (const tensor of tensors) {
      const end = at + tensorBytes(tensor);
      if (tensor.bytes === undefined) at = end;
      else for (const piece of tensor.bytes()) at += writeSync(file, piece, 0, piece.length, at);
      if (at !== end) throw new Error(`tensor ${tensor.name} has ${at - end} bytes more than its shape says`);
      at += paddingOf(at);
    }
    ftruncateSync(file, at);
    closeSync(file);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function encodeHeader(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const entries = Object.entries(metadata);
  const pieces: Buffer[] = [
    Buffer.from("GGUF"),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), ...encodeValue(value)]),
  ];
  let offset = 0;
  for (const tensor of tensors) {
    const { name, shape, type } = tensor;
    pieces.push(text(name), uint32(shape.length), ...shape.map(uint64), uint32(TENSOR_TYPES[type]), uint64(offset));
    const end = offset + tensorBytes(tensor);
    offset = end + paddingOf(end);
  }
  const header = Buffer.concat(pieces);
  return Buffer.concat([header, Buffer.alloc(paddingOf(header.length))]);
}

function encodeValue(entry: GgufValue): Buffer[] {
  switch (entry.type) {
    case "uint32":
      return [uint32(VALUE_TYPES.uint32), uint32(entry.value)];
    case "float32":
      return [uint32(VALUE_TYPES.float32), float32(entry.value)];
    case "bool":
      return [uint32(VALUE_TYPES.bool), Buffer.of(entry.value ? 1 : 0)];
    case "string":
      return [uint32(VALUE_TYPES.string), text(entry.value)];
    case "strings":
      return [...arrayHead(VALUE_TYPES.string, entry.value.length), ...entry.value.map(text)];
    case "int32s":
      return [...arrayHead(VALUE_TYPES.int32, entry.value.length), Buffer.from(Int32Array.from(entry.value).buffer)];
  }
}

const arrayHead = (type: number, length: number) => [uint32(VALUE_TYPES.array), uint32(type), uint64(length)];
const paddingOf = (bytes: number) => (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
