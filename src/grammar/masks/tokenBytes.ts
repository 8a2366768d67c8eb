import { InputError } from "../../errors.js";

/** A vocabulary as a GGUF file gives it. */
export interface VocabularyFacts {
  /** `tokenizer.ggml.model`. */
  readonly model: string;
  readonly tokens: readonly string[];
  /** `tokenizer.ggml.token_type`: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte; null: all normal. */
  readonly tokenTypes: readonly number[] | null;
  /** Ids that end a text, as the file names them. Known end tokens among the control tokens are added. */
  readonly endTokens: readonly number[];
}

/** The UTF-8 bytes of all tokens, one after the other. */
export interface TokenBytes {
  readonly bytes: Uint8Array;
  /** Where each token begins, and the end: one more than there are tokens. A token without bytes stands for no text. */
  readonly offsets: Uint32Array;
  readonly endTokens: Uint32Array;
}

const NORMAL = 1;
const USER_DEFINED = 4;
const BYTE = 6;

// How llama.cpp knows tokens that end a text or a turn where the file does not say so (llama-vocab.cpp of the release that
// node-llama-cpp bundles). They are control tokens whatever the file calls them.
const END_NAMES = new Set(
  "<|eot_id|> <|im_end|> <|end|> <|return|> <|call|> <|flush|> <|calls|> <end_of_turn> <|endoftext|> </s> <|eom_id|> <EOT> _<EOT> [EOT] [EOS] <|end_of_text|> <end_of_utterance> <eos> <turn|> <|tool_response> <｜end▁of▁sentence｜> [e~[".split(
    " ",
  ),
);

/** How a kind of vocabulary writes the bytes of a normal token; null: of none. */
type Decode = (token: string) => Uint8Array | null;

/** The bytes that each token stands for. Control, unknown and unused tokens have none.
 *  @throws {InputError} ROWMILL_UNSUPPORTED_VOCABULARY word pieces or another kind that doesn't spell text byte by byte */
export function tokenBytesOf(facts: VocabularyFacts): TokenBytes {
  const decode = decoderOf(facts);
  const endTokens = endTokensOf(facts);
  const parts = facts.tokens.map((token, id) => {
    if (endTokens.has(id)) return null;
    const type = facts.tokenTypes?.[id] ?? NORMAL;
    if (type === NORMAL) return decode(token);
    if (type === USER_DEFINED) return encoder.encode(token);
    return type === BYTE ? byteOf(token) : null;
  });
  const offsets = new Uint32Array(parts.length + 1);
  parts.forEach((part, id) => {
    offsets[id + 1] = offsets[id]! + (part?.length ?? 0);
  });
  const bytes = new Uint8Array(offsets.at(-1)!);
  parts.forEach((part, id) => {
    if (part !== null) bytes.set(part, offsets[id]);
  });
  return { bytes, offsets, endTokens: Uint32Array.from(endTokens).sort() };
}

function decoderOf({ model }: VocabularyFacts): Decode {
  switch (model) {
    case "gpt2":
      return decodeByteLevel;
    case "llama":
    case "t5":
    case "gemma4":
      return decodeSentencePiece;
    default: {
      const isKnown =
        model === "bert" ? "word pieces, which don't spell the spaces between them" : `of kind "${model}"`;
      throw new InputError(
        "ROWMILL_UNSUPPORTED_VOCABULARY",
        `The model's vocabulary is ${isKnown}; output forms need byte-level BPE or SentencePiece, so take another model.`,
      );
    }
  }
}

const encoder = new TextEncoder();

/** "▁" stands for a space. */
function decodeSentencePiece(token: string): Uint8Array {
  return encoder.encode(token.replaceAll("\u2581", " "));
}

/** Each byte is a character of GPT-2's alphabet; a token with another character stands for no text. */
function decodeByteLevel(token: string): Uint8Array | null {
  const bytes = Uint8Array.from(token, (character) => byteLevelAlphabet.get(character) ?? 0);
  const isSpelt = [...token].every((character) => byteLevelAlphabet.has(character));
  return isSpelt ? bytes : null;
}

const byteLevelAlphabet = makeByteLevelAlphabet();

/** GPT-2's bytes_to_unicode: printable Latin-1 stands for itself, the other bytes for U+0100 and up, in order. */
function makeByteLevelAlphabet(): ReadonlyMap<string, number> {
  const alphabet = new Map<string, number>();
  let others = 0;
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    alphabet.set(String.fromCodePoint(isPrintable ? byte : 0x100 + others++), byte);
  }
  return alphabet;
}

/** "<0x0A>". */
function byteOf(token: string): Uint8Array | null {
  const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
  return match === null ? null : Uint8Array.of(Number.parseInt(match[1]!, 16));
}

function endTokensOf({ tokens, endTokens }: VocabularyFacts): Set<number> {
  const found = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (END_NAMES.has(token)) found.set(token, id);
  });
  // gpt-oss and Solar end a part of a turn with <|end|>, Gemma 4 has </s> as text.
  const has = (token: string) => found.has(token);
  if (has("<|call|>") && (has("<|return|>") || has("<|flush|>"))) found.delete("<|end|>");
  if (has("<|calls|>") && has("<|flush|>")) found.delete("<|end|>");
  if (has("<|tool_response>")) found.delete("</s>");
  const named = endTokens.filter((token) => token >= 0 && token < tokens.length);
  return new Set([...named, ...found.values()].sort((a, b) => a - b));
}
