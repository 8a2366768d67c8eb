import type { TokenLogprobs } from "../tokenLogprobs.js";

/** Tokens and their log-probabilities as bytes: how many, little-endian in four; their logarithms in four each, their
 *  lengths in two each, and their text: some ten bytes a token. */
export function packLogprobs({ bytes, lengths, logprobs }: TokenLogprobs): Uint8Array {
  const count = lengths.length;
  const packed = Buffer.alloc(4 + count * 6 + bytes.length);
  packed.writeUInt32LE(count, 0);
  logprobs.forEach((logprob, at) => {
    packed.writeFloatLE(logprob, 4 + at * 4);
  });
  lengths.forEach((length, at) => {
    packed.writeUInt16LE(length, 4 + count * 4 + at * 2);
  });
  packed.set(bytes, 4 + count * 6);
  return packed;
}

export function unpackLogprobs(packed: Uint8Array): TokenLogprobs {
  const buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const count = buffer.readUInt32LE(0);
  return {
    logprobs: Float32Array.from({ length: count }, (_, at) => buffer.readFloatLE(4 + at * 4)),
    lengths: Uint16Array.from({ length: count }, (_, at) => buffer.readUInt16LE(4 + count * 4 + at * 2)),
    bytes: buffer.subarray(4 + count * 6),
  };
}
