import { InputError } from "../../src/errors.js";

/** A vocabulary as grammars see it: token i is `bytes[offsets[i]..offsets[i + 1])`. */
export interface VocabularyBytes {
  readonly bytes: Uint8Array;
  /** One more than there are tokens. */
  readonly offsets: Uint32Array;
  /** Tokens that end a text, ascending. They and all other control tokens have no bytes. */
  readonly endTokens: Uint32Array;
}

// llama.cpp's llama_token_type, as GGUF files have it
const NORMAL = 1;
const USER_DEFINED = 4;
const BYTE = 6;

/** The bytes of each token of a GGUF file's vocabulary.
 *  @param model     `tokenizer.ggml.model`: "gpt2" spells bytes as GPT-2 does, "llama" a space as U+2581
 *  @param endOfText tokens at which generation ends; text tokens among them (some vocabularies have a "</s>") stay text
 *  @throws {InputError} ROWMILL_UNKNOWN_VOCABULARY for other models */
export function vocabularyOf(
  model: string,
  tokens: readonly string[],
  types: readonly number[],
  endOfText: readonly number[],
): VocabularyBytes {
  const bytesOf = model === "gpt2" ? byteLevelBytes() : model === "llama" ? sentencePieceBytes : null;
  if (bytesOf === null) {
    throw new InputError(
      "ROWMILL_UNKNOWN_VOCABULARY",
      `the tokenizer's kind is "${model}": take a model whose kind is gpt2 (byte-level BPE) or llama (SentencePiece)`,
    );
  }
  const encoder = new TextEncoder();
  const parts = tokens.map((token, id) => {
    const type = types[id] ?? NORMAL;
    if (type === NORMAL || type === BYTE) return bytesOf(token);
    return type === USER_DEFINED ? encoder.encode(token) : new Uint8Array();
  });
  const offsets = new Uint32Array(parts.length + 1);
  for (const [id, part] of parts.entries()) offsets[id + 1] = offsets[id]! + part.length;
  const endTokens = Uint32Array.from(endOfText.filter((token) => (types[token] ?? NORMAL) !== NORMAL)).sort();
  return { bytes: Buffer.concat(parts), offsets, endTokens };
}

/** GPT-2's spelling of bytes: printable ones as themselves, the others moved up by 256 and on. */
function byteLevelBytes(): (token: string) => Uint8Array {
  const byteOf = new Map<string, number>();
  let moved = 0;
  for (let byte = 0; byte < 256; byte++) {
    const isItself = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    byteOf.set(String.fromCodePoint(isItself ? byte : 256 + moved++), byte);
  }
  return (token) => {
    const bytes = [...token].map((char) => byteOf.get(char));
    return bytes.includes(undefined) ? new TextEncoder().encode(token) : Uint8Array.from(bytes as number[]);
  };
}

function sentencePieceBytes(token: string): Uint8Array {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token);
  return byte === null
    ? new TextEncoder().encode(token.replaceAll("\u2581", " "))
    : Uint8Array.of(Number.parseInt(byte[1]!, 16));
}
