import { openVocabulary, type Vocabulary } from "../../../src/grammar/masks/index.js";

/** The end token of {@link openByteVocabulary}. */
export const END = 256;

/** A vocabulary whose token `b` is the single byte `b`: it asks a grammar for each byte of a text. */
export function openByteVocabulary(): Vocabulary {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const offsets = Uint32Array.from({ length: 258 }, (_, token) => Math.min(token, 256));
  return openVocabulary({ bytes, offsets, endTokens: Uint32Array.of(END) });
}
