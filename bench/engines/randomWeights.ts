import { type GgufTensor, Q8_BLOCK, Q8_BLOCK_BYTES, tensorBytes } from "./ggufWriter.js";

/** Whole blocks of Q8_0, about 4 MB. */
const PIECE_BLOCKS = 1 << 17;
/** Standard deviation of whole numbers spread evenly over -127 to 127. */
const SPREAD = Math.sqrt((255 * 255 - 1) / 12);

/** Weights spread evenly around 0, as Q8_0 blocks of one scale: the bytes are random themselves, nothing is quantised.
 *  @param deviation  standard deviation of the weights
 *  @param zeroRows   rows of the matrix that are all zeroes */
export function randomQ8(
  name: string,
  [columns, rows]: readonly [columns: number, rows: number],
  { seed, deviation, zeroRows = [] }: { seed: number; deviation: number; zeroRows?: readonly number[] },
): GgufTensor {
  const shape = [columns, rows];
  const rowBytes = (columns / Q8_BLOCK) * Q8_BLOCK_BYTES;
  const total = tensorBytes({ shape, type: "Q8_0" });
  const scale = float16(deviation / SPREAD);
  return {
    name,
    shape,
    type: "Q8_0",
    *bytes() {
      let state = seed | 1;
      for (let start = 0; start < total; start += PIECE_BLOCKS * Q8_BLOCK_BYTES) {
        const length = Math.min(PIECE_BLOCKS * Q8_BLOCK_BYTES, total - start);
        const words = new Int32Array(Math.ceil(length / 4));
        for (let at = 0; at < words.length; at++) {
          // Marsaglia's xorshift32
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          words[at] = state;
        }
        const piece = new Uint8Array(words.buffer, 0, length);
        // llama.cpp's kernels negate weights: -128 has no opposite in a signed byte
        for (let at = 0; at < length; at++) if (piece[at] === 0x80) piece[at] = 0;
        for (let at = 0; at < length; at += Q8_BLOCK_BYTES) {
          piece[at] = scale & 0xff;
          piece[at + 1] = scale >> 8;
        }
        for (const row of zeroRows) {
          const [from, to] = [row * rowBytes - start, (row + 1) * rowBytes - start];
          if (to > 0 && from < length) piece.fill(0, Math.max(0, from), Math.min(length, to));
        }
        yield piece;
      }
    },
  };
}

/** A vector of one number. */
export function constantF32(name: string, length: number, value: number): GgufTensor {
  return {
    name,
    shape: [length],
    type: "F32",
    *bytes() {
      yield new Uint8Array(new Float32Array(length).fill(value).buffer);
    },
  };
}

/** The bits of the nearest 16-bit float that is a normal number (IEEE 754 binary16). */
function float16(value: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  if (exponent < 1 || exponent > 30) throw new RangeError(`${value} is no normal 16-bit float`);
  return ((bits >>> 16) & 0x8000) | (((exponent << 10) | ((bits >>> 13) & 0x3ff)) + ((bits >>> 12) & 1));
}
