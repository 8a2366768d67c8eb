import type { TokenBytes, TokenMatcher } from "../../../src/grammar/masks/index.js";

export function isAllowed(mask: Uint32Array, token: number): boolean {
  return ((mask[token >>> 5]! >>> (token & 31)) & 1) === 1;
}

/** The tokens that a mask allows. */
export function allowedTokens(mask: Uint32Array): number[] {
  const tokens: number[] = [];
  for (let token = 0; token < mask.length * 32; token++) if (isAllowed(mask, token)) tokens.push(token);
  return tokens;
}

export function bytesOf({ bytes, offsets }: TokenBytes, tokens: Iterable<number>): Buffer {
  return Buffer.concat([...tokens].map((token) => bytes.subarray(offsets[token], offsets[token + 1])));
}

/** The tokens that close something: `"`, `]`, `}}`. */
export function closingTokens({ bytes, offsets }: TokenBytes): number[] {
  const tokens: number[] = [];
  for (let token = 0; token + 1 < offsets.length; token++) {
    const text = bytes.subarray(offsets[token], offsets[token + 1]);
    if (text.length > 0 && text.every((byte) => byte === 0x22 || byte === 0x5d || byte === 0x7d)) tokens.push(token);
  }
  return tokens;
}

export interface Walk {
  /** Without the end token. */
  readonly tokens: readonly number[];
  readonly isEnded: boolean;
}

export interface WalkOptions {
  readonly vocabulary: TokenBytes;
  readonly closing: readonly number[];
  /** After how many tokens to head for the end, and after how many to give up. */
  readonly patience: number;
  readonly most: number;
}

/** Chooses among the allowed tokens at random.
 *  @throws where nothing may follow and the text may not end */
export function walkMasks(matcher: TokenMatcher, random: () => number, options: WalkOptions): Walk {
  const { vocabulary, closing, patience, most } = options;
  const tokens: number[] = [];
  let mask: Uint32Array | undefined;
  const take = (token: number): void => {
    if (!matcher.accept(token)) throw new Error(`token ${token} is in the mask, and is not accepted`);
  };
  while (tokens.length < most) {
    mask = matcher.mask(mask);
    const end = vocabulary.endTokens.find((token) => isAllowed(mask!, token));
    const isTired = tokens.length >= patience;
    const closers = isTired && random() < 0.9 ? closing.filter((token) => isAllowed(mask!, token)) : [];
    const token = closers[Math.floor(random() * closers.length)] ?? anyAllowed(mask, vocabulary.endTokens, random);
    if (end !== undefined && (isTired || token === null || random() < 0.2)) {
      take(end);
      return { tokens, isEnded: true };
    }
    if (token === null) throw new Error(`nothing may follow ${bytesOf(vocabulary, tokens)}`);
    take(token);
    tokens.push(token);
  }
  return { tokens, isEnded: false };
}

/** An allowed token that is no end, from a random place on; null where there is none. */
export function anyAllowed(mask: Uint32Array, endTokens: Uint32Array, random: () => number): number | null {
  const size = mask.length * 32;
  const start = Math.floor(random() * size);
  for (let step = 0; step < size; step++) {
    const token = (start + step) % size;
    if (mask[token >>> 5] === 0) step += 31 - (token & 31);
    else if (isAllowed(mask, token) && !endTokens.includes(token)) return token;
  }
  return null;
}
