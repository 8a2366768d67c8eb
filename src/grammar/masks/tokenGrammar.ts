import {
  loadAddon,
  type NativeAddon,
  type NativeGrammar,
  type NativeMatcher,
  type NativeVocabulary,
} from "../../addon.js";
import { InputError, messageOf, RowmillError } from "../../errors.js";
import type { TokenBytes } from "./tokenBytes.js";

/** A model's tokens as the process holds them once, whoever opens them how often. */
export interface Vocabulary {
  /** Tokens, also those without bytes. */
  readonly size: number;
  readonly native: NativeVocabulary;
}

export interface GrammarOptions {
  /** What the states and masks of the grammar may take, in this process and not each thread; default 256 MiB. When it is
   *  used up they are dropped and made again as they are needed. The first who opens a grammar decides. */
  readonly memoryBytes?: number;
}

export interface GrammarStats {
  readonly states: number;
  readonly masks: number;
  readonly bytes: number;
  /** How often all states were dropped because the memory was used up. */
  readonly renewals: number;
}

/** Gives the tokens of UTF-8 text that stands behind other text, as the model's tokenizer writes it. */
export type Tokenize = (text: Uint8Array) => Uint32Array;

const DEFAULT_MEMORY_BYTES = 256 * 2 ** 20;

/** Opens a vocabulary. Token i is `bytes[offsets[i]..offsets[i + 1]]`; a token without bytes is never allowed, the end
 *  tokens are allowed exactly where a grammar may end.
 *  @throws {RowmillError} ROWMILL_NO_ADDON
 *  @throws {InputError} ROWMILL_BAD_VOCABULARY offsets or end tokens that lie outside */
export function openVocabulary(tokens: TokenBytes): Vocabulary {
  const { TokenVocabulary } = nativeClasses();
  try {
    const native = new TokenVocabulary(tokens.bytes, tokens.offsets, tokens.endTokens);
    return { size: native.size, native };
  } catch (error) {
    throw grammarError("ROWMILL_BAD_VOCABULARY", "The vocabulary can't be used", error);
  }
}

/** Opens a grammar from its tables (emitTables). All threads of the process that open the same grammar over
 *  the same vocabulary share its states and masks.
 *  @throws {RowmillError} ROWMILL_NO_ADDON
 *  @throws {InputError} ROWMILL_BAD_GRAMMAR bad tables, a rule that begins with itself, or nothing that matches */
export function openGrammar(tables: Uint32Array, vocabulary: Vocabulary, options: GrammarOptions = {}): TokenGrammar {
  const classes = nativeClasses();
  try {
    const memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
    const native = new classes.TokenGrammar(tables, vocabulary.native, memoryBytes);
    return new TokenGrammar(classes, native, vocabulary.size);
  } catch (error) {
    throw grammarError("ROWMILL_BAD_GRAMMAR", "The grammar can't be used", error);
  }
}

export class TokenGrammar {
  readonly #classes: NativeAddon;
  /** For the native engine, which follows it below JavaScript. */
  readonly native: NativeGrammar;
  readonly #size: number;

  /** Use {@link openGrammar}. */
  constructor(classes: NativeAddon, native: NativeGrammar, size: number) {
    this.#classes = classes;
    this.native = native;
    this.#size = size;
  }

  /** One row's way through the grammar, from its start. */
  matcher(): TokenMatcher {
    return new TokenMatcher(this.#classes, new this.#classes.TokenMatcher(this.native), this.#size);
  }

  /** Follows tokens from the start, timed below JavaScript: for each the mask is looked up or computed, the token checked
   *  against it and accepted.
   *  @param nanoseconds at least as long as the tokens; gets the time of each mask
   *  @returns the index of the first refused token; `tokens.length` when all were accepted but the text may not end
   *           there; -1 when all were accepted and it may */
  replay(tokens: Int32Array, nanoseconds: Float64Array): number {
    return asGrammarError(() => this.native.replay(tokens, nanoseconds));
  }

  stats(): GrammarStats {
    return this.native.stats();
  }
}

/** Follows one row. A fork goes on independently from the same place.
 *  Whatever makes states may throw {InputError} ROWMILL_BAD_GRAMMAR: the grammar is too ambiguous. */
export class TokenMatcher {
  readonly #classes: NativeAddon;
  readonly #native: NativeMatcher;
  readonly #size: number;

  /** Use {@link TokenGrammar.matcher}. */
  constructor(classes: NativeAddon, native: NativeMatcher, size: number) {
    this.#classes = classes;
    this.#native = native;
    this.#size = size;
  }

  /** Which tokens may come next: bit `token % 32` of word `token / 32`.
   *  @param into where to write them, `ceil(size / 32)` words; a new array by default */
  mask(into?: Uint32Array): Uint32Array {
    return asGrammarError(() => this.#native.mask(into ?? new Uint32Array(Math.ceil(this.#size / 32))));
  }

  /** Whether a token may come next; cheaper than a mask. */
  allows(token: number): boolean {
    return asGrammarError(() => this.#native.allows(token));
  }

  /** Goes on by a token. When it may not come nothing happens.
   *  @returns whether it was accepted */
  accept(token: number): boolean {
    return asGrammarError(() => this.#native.accept(token));
  }

  /** Takes back the last `count` tokens.
   *  @throws {InputError} ROWMILL_BAD_GRAMMAR fewer were accepted */
  rollback(count: number): void {
    asGrammarError(() => this.#native.rollback(count));
  }

  /** Whether the text may end here. After an end token nothing may follow, not even another one. */
  get isAccepting(): boolean {
    return this.#native.isAccepting;
  }

  /** Whether nothing but the end may follow. */
  get mustEnd(): boolean {
    return this.#native.mustEnd;
  }

  /** Tokens accepted so far. */
  get depth(): number {
    return this.#native.depth;
  }

  /** The bytes that follow whatever is chosen, up to where there is a choice. */
  forcedBytes(): Uint8Array {
    return asGrammarError(() => this.#native.forcedBytes());
  }

  /** The tokens that follow whatever is chosen, written as the tokenizer would write them had the model chosen them: tokens
   *  that what comes after them could change are left out. Found once for each state of the grammar. */
  forcedTokens(tokenize: Tokenize): Uint32Array {
    return asGrammarError(() => this.#native.forcedTokens(tokenize));
  }

  fork(): TokenMatcher {
    return new TokenMatcher(this.#classes, new this.#classes.TokenMatcher(this.#native), this.#size);
  }
}

function nativeClasses(): NativeAddon {
  const { native, reason } = loadAddon();
  if (native !== null) return native;
  throw new RowmillError("ROWMILL_NO_ADDON", `The native addon can't be loaded: ${reason}.`);
}

function asGrammarError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw grammarError("ROWMILL_BAD_GRAMMAR", "The grammar can't be followed", error);
  }
}

/** The content's fault is the user's; anything else is a bug of ours and goes on as it is. */
function grammarError(code: string, what: string, error: unknown): unknown {
  const isContent = error instanceof Error && "code" in error && error.code === "GRAMMAR";
  return isContent ? new InputError(code, `${what}: ${messageOf(error)}.`, { cause: error }) : error;
}
