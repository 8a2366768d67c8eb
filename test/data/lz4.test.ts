import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unpackLz4Frame } from "../../src/data/lz4.js";

interface FrameParts {
  readonly blocks: readonly { readonly bytes: readonly number[]; readonly isStored?: boolean }[];
  readonly contentSize?: number;
  readonly hasBlockChecksum?: boolean;
}

/** A frame by the letter of the format's description; checksums are zeros, which the reader skips. */
function frame({ blocks, contentSize, hasBlockChecksum = false }: FrameParts): Uint8Array {
  const out: number[] = [0x04, 0x22, 0x4d, 0x18];
  out.push(0x40 | (hasBlockChecksum ? 0x10 : 0) | (contentSize === undefined ? 0 : 0x08), 0x40);
  if (contentSize !== undefined) out.push(contentSize, 0, 0, 0, 0, 0, 0, 0);
  out.push(0);
  for (const { bytes, isStored = false } of blocks) {
    out.push(bytes.length & 255, bytes.length >> 8, 0, isStored ? 0x80 : 0, ...bytes);
    if (hasBlockChecksum) out.push(0, 0, 0, 0);
  }
  return Uint8Array.from([...out, 0, 0, 0, 0]);
}

const ascii = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
const unpack = (parts: FrameParts, wanted: number) =>
  Buffer.from(unpackLz4Frame(frame(parts), wanted)).toString("latin1");

describe("LZ4 frames", () => {
  // token: 4 bits of literals, 4 bits of match length less 4; then literals, then the offset
  const abcabcabcx = [0x32, ...ascii("abc"), 3, 0, 0x10, ...ascii("x")];

  test("a match that overlaps what it writes repeats it", () => {
    expect(unpack({ blocks: [{ bytes: abcabcabcx }] }, 10)).toBe("abcabcabcx");
  });

  test("stored blocks, content sizes and block checksums", () => {
    const blocks = [{ bytes: ascii("stored "), isStored: true }, { bytes: abcabcabcx }];
    expect(unpack({ blocks }, 17)).toBe("stored abcabcabcx");
    expect(unpack({ blocks, contentSize: 17 }, 17)).toBe("stored abcabcabcx");
    expect(unpack({ blocks, hasBlockChecksum: true }, 17)).toBe("stored abcabcabcx");
  });

  test("a match may reach back into the block before", () => {
    const blocks = [{ bytes: ascii("before"), isStored: true }, { bytes: [0x02, 6, 0, 0x10, ...ascii("!")] }];
    expect(unpack({ blocks }, 13)).toBe("beforebefore!");
  });

  test("lengths of 15 and more go on in further bytes", () => {
    const literals = "l".repeat(15 + 255 + 3);
    const bytes = [0xff, 255, 3, ...ascii(literals), 1, 0, 255, 10, 0x10, ...ascii("e")];
    const text = `${"l".repeat(literals.length + 4 + 15 + 255 + 10)}e`;
    expect(unpack({ blocks: [{ bytes }] }, text.length)).toBe(text);
  });

  test("a frame of more or fewer bytes than are wanted is an error", () => {
    for (const wanted of [9, 11])
      expect(() => unpack({ blocks: [{ bytes: abcabcabcx }], contentSize: 10 }, wanted)).toThrow(
        /an LZ4 frame of .* 9|of 10/,
      );
  });

  test.each([
    ["no magic number", Uint8Array.from(ascii("no frame"))],
    ["a match before the beginning", frame({ blocks: [{ bytes: [0x12, ...ascii("a"), 9, 0, 0x10, ...ascii("x")] }] })],
    ["a literal beyond the block", frame({ blocks: [{ bytes: [0x50, ...ascii("ab")] }] })],
    ["a block beyond the frame", frame({ blocks: [{ bytes: abcabcabcx }] }).subarray(0, 14)],
  ])("%s is an error", (_, damaged) => {
    expect(() => unpackLz4Frame(damaged, 10)).toThrow();
  });

  test("damage ends in bytes or an error, never elsewhere", () => {
    const sound = frame({ blocks: [{ bytes: abcabcabcx }, { bytes: ascii("stored"), isStored: true }] });
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), (place, byte) => {
        const damaged = sound.slice();
        damaged[place] = byte;
        try {
          expect(unpackLz4Frame(damaged, 16).length).toBe(16);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
