import { type Ranges, SCALARS } from "../automata/index.js";
import { PairNumbers } from "../pairNumbers.js";
import { type Alphabet, END } from "./alphabet.js";
import { inOrder, PartSets } from "./partSets.js";

/** What has been read before a place, as far as an expression asks: bit 0, nothing yet; the others, what each look-behind
 *  asks for. */
export type Context = number;

export const AT_START: Context = 1;
/** Symbols that an alphabet may have, and contexts. */
export const MOST_SYMBOLS = 2 ** 11;

type Shape =
  | { readonly kind: "none" }
  | { readonly kind: "empty" }
  | { readonly kind: "class"; readonly symbols: readonly number[]; readonly has: Uint8Array }
  | { readonly kind: "cat"; readonly head: Language; readonly tail: Language }
  | { readonly kind: "alt"; readonly parts: readonly Language[] }
  | { readonly kind: "and"; readonly parts: readonly Language[] }
  | { readonly kind: "not"; readonly body: Language }
  | { readonly kind: "repeat"; readonly body: Language; readonly min: number; readonly max: number }
  /** Nothing, where the context has, or has not, one of the bits. */
  | { readonly kind: "behind"; readonly bits: Context; readonly isNegative: boolean }
  /** A language that is only made when it is asked for, since it contains itself. */
  | { readonly kind: "lazy"; readonly make: () => Language };

/** Making an expression costs as much as looking at so many. */
const WORK_OF_NEW = 4;

interface Facts {
  readonly id: number;
  /** Whether it holds the empty text; with a context to ask for, whether it does in the one of no bits. */
  readonly isNullable: boolean;
  readonly hasContext: boolean;
}

/** A regular language over an alphabet's symbols as an extended regular expression; equal expressions are the same object. */
export type Language = Shape & Facts;
type SetLanguage = Language & { readonly kind: "alt" | "and" };

/** Up to so many symbols a language's derivatives are a list with a place for each. */
const FEW_SYMBOLS = 64;

/** Makes languages, and takes them apart by derivatives (Brzozowski, "Derivatives of regular expressions", 1964), with
 *  which intersection and complement cost no more than union does; places in a context as in Moseley et al., "Derivative
 *  based nonbacktracking real-world regex matching", 2023. */
export class Languages {
  readonly #interned = new Map<string, Language>();
  readonly #unions = new PartSets<Language, SetLanguage>();
  readonly #intersections = new PartSets<Language, SetLanguage>();
  readonly #pairs = new PairNumbers();
  readonly #cats: Language[] = [];
  readonly #derivatives: (Language | undefined)[][] = [];
  readonly #inContext = new Map<number, Language>();
  readonly #firsts: (readonly Language[] | undefined)[] = [];
  readonly #started: (Language | undefined)[] = [];
  readonly #endings: (boolean | undefined)[] = [];
  readonly #groups = new Map<string, readonly (readonly number[])[]>();
  readonly #made = new Map<Language, Language>();
  #count = 0;
  #work = 0;
  readonly alphabet: Alphabet;
  readonly none: Language;
  readonly empty: Language;
  /** Every text, mark included. */
  readonly all: Language;
  readonly anyString: Language;
  /** Any characters, and the mark. */
  readonly anyRest: Language;
  readonly end: Language;
  /** The mark comes next, whatever is behind it. */
  readonly endAhead: Language;

  constructor(alphabet: Alphabet) {
    this.alphabet = alphabet;
    this.none = this.#intern("none", { kind: "none" }, false, false);
    this.empty = this.#intern("empty", { kind: "empty" }, true, false);
    this.all = this.#intern("all", { kind: "not", body: this.none }, true, false);
    this.end = this.#ofSymbols([END]);
    this.endAhead = this.cat(this.end, this.all);
    this.anyString = this.repeat(this.class(SCALARS), 0, Number.POSITIVE_INFINITY);
    this.anyRest = this.cat(this.anyString, this.end);
  }

  #intern(key: string, shape: Shape, isNullable: boolean, hasContext: boolean): Language {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const made = this.#new(shape, isNullable, hasContext);
    this.#interned.set(key, made);
    return made;
  }

  #new(shape: Shape, isNullable: boolean, hasContext: boolean): Language {
    return { ...shape, id: this.#nextId(), isNullable, hasContext };
  }

  #nextId(): number {
    this.#work += WORK_OF_NEW;
    return this.#count++;
  }

  /** What a construction has cost so far: parts that were looked at and expressions that were made. */
  get work(): number {
    return this.#work;
  }

  /** @param ranges a set that the alphabet was made of */
  class(ranges: Ranges): Language {
    return this.#ofSymbols(this.alphabet.symbolsOf(ranges));
  }

  #ofSymbols(symbols: readonly number[]): Language {
    if (symbols.length === 0) return this.none;
    const has = new Uint8Array(this.alphabet.size);
    for (const symbol of symbols) has[symbol] = 1;
    return this.#intern(`c${symbols.join()}`, { kind: "class", symbols, has }, false, false);
  }

  cat(head: Language, tail: Language): Language {
    if (head === this.none || tail === this.none) return this.none;
    if (head === this.empty) return tail;
    if (tail === this.empty) return head;
    if (head === this.all && tail.isNullable && !tail.hasContext) return this.all;
    if (tail === this.all && head.isNullable && !head.hasContext) return this.all;
    if (head.kind === "cat") return this.cat(head.head, this.cat(head.tail, tail));
    const pair = this.#pairs.of(head.id, tail.id);
    if (pair === this.#cats.length) {
      const hasContext = head.hasContext || tail.hasContext;
      const isNullable = head.isNullable && tail.isNullable;
      this.#cats.push({ kind: "cat", head, tail, id: this.#nextId(), isNullable, hasContext });
    }
    return this.#cats[pair]!;
  }

  alt(...options: readonly Language[]): Language {
    return this.#altOf(options);
  }

  #altOf(options: readonly Language[]): Language {
    let parts = partsOf(options, "alt", this.none);
    if (parts.length < 2) return parts[0] ?? this.none;
    if (parts.includes(this.all)) return this.all;
    if (parts.includes(this.anyRest)) {
      parts = parts.filter((part) => part === this.anyRest || !this.#endsInAny(part));
      if (parts.length < 2) return parts[0]!;
    }
    let classes = 0;
    for (const part of parts) if (part.kind === "class") classes++;
    if (classes > 1) {
      const symbols = new Set(parts.flatMap((part) => (part.kind === "class" ? part.symbols : [])));
      const joined = this.#ofSymbols([...symbols].sort((a, b) => a - b));
      parts = inOrder([...parts.filter((part) => part.kind !== "class"), joined]);
    }
    return this.#set("alt", parts, this.none);
  }

  /** Whether the language is some characters and then any: no more than `anyRest` has. */
  #endsInAny(language: Language): boolean {
    if (language.kind !== "cat" && language.kind !== "and") return false;
    this.#endings[language.id] ??=
      language.kind === "and"
        ? language.parts.some((part) => this.#endsInAny(part))
        : language === this.anyRest || (language.tail.kind === "cat" && this.#endsInAny(language.tail));
    return this.#endings[language.id]!;
  }

  and(...conditions: readonly Language[]): Language {
    const parts = new Set<Language>();
    for (const condition of conditions) {
      if (condition.kind === "and") for (const part of condition.parts) parts.add(part);
      else parts.add(condition);
    }
    parts.delete(this.all);
    if (parts.has(this.none)) return this.none;
    if (parts.size > 1 && parts.has(this.endAhead)) {
      const others = [...parts].filter((part) => part !== this.endAhead);
      // nothing but the mark can come: what the others say of it is known at once
      if (!others.some((part) => part.hasContext)) {
        return this.cat(this.end, this.and(...others.map((part) => this.derive(part, END, 0))));
      }
    }
    return this.#set("and", inOrder([...parts]), this.all);
  }

  /** @param parts  each once, ascending by their numbers */
  #set(kind: "alt" | "and", parts: readonly Language[], unit: Language): Language {
    this.#work += parts.length;
    if (parts.length < 2) return parts[0] ?? unit;
    return (kind === "alt" ? this.#unions : this.#intersections).of(parts, (own) => {
      const isNullable = kind === "alt" ? own.some(isNullableAlone) : own.every(isNullableAlone);
      return { kind, parts: own, id: this.#nextId(), isNullable, hasContext: own.some(asksForContext) };
    });
  }

  not(body: Language): Language {
    if (body === this.none) return this.all;
    if (body.kind === "not") return body.body;
    return this.#intern(`!${body.id}`, { kind: "not", body }, !body.isNullable, body.hasContext);
  }

  /** `min` to `max` copies; `max` may be Infinity. */
  repeat(body: Language, min: number, max: number): Language {
    if (max < min) return this.none;
    if (max === 0 || body === this.empty) return this.empty;
    if (body === this.none) return min === 0 ? this.empty : this.none;
    if (body === this.all) return this.all;
    const least = body.isNullable ? 0 : min;
    if (least === 1 && max === 1) return body;
    if (body.kind === "repeat" && body.min === 0 && body.max === Number.POSITIVE_INFINITY) return body;
    const shape = { kind: "repeat", body, min: least, max } as const;
    return this.#intern(`*${body.id} ${least} ${max}`, shape, least === 0, body.hasContext);
  }

  behind(bits: Context, isNegative: boolean): Language {
    return this.#intern(`<${bits} ${isNegative}`, { kind: "behind", bits, isNegative }, isNegative, true);
  }

  /** A language that `make` gives when it is first asked for.
   *  @param key  equal for equal languages */
  lazy(key: string, isNullable: boolean, make: () => Language): Language {
    return this.#intern(`~${key}`, { kind: "lazy", make }, isNullable, true);
  }

  #inner(language: Language & { kind: "lazy" }): Language {
    let made = this.#made.get(language);
    if (made === undefined) {
      made = language.make();
      this.#made.set(language, made);
    }
    return made;
  }

  isNullable(language: Language, context: Context): boolean {
    if (!language.hasContext) return language.isNullable;
    switch (language.kind) {
      case "cat":
        return this.isNullable(language.head, context) && this.isNullable(language.tail, context);
      case "alt":
        return language.parts.some((part) => this.isNullable(part, context));
      case "and":
        return language.parts.every((part) => this.isNullable(part, context));
      case "not":
        return !this.isNullable(language.body, context);
      case "repeat":
        return language.min === 0 || this.isNullable(language.body, context);
      case "behind":
        return ((context & language.bits) !== 0) !== language.isNegative;
      case "lazy":
        return this.isNullable(this.#inner(language), context);
      default:
        return language.isNullable;
    }
  }

  /** What may follow a symbol, read in a context. */
  derive(language: Language, symbol: number, context: Context): Language {
    switch (language.kind) {
      case "none":
      case "empty":
      case "behind":
        return this.none;
      case "class":
        return language.has[symbol] === 1 ? this.empty : this.none;
    }
    if (language.hasContext && context !== 0) {
      const key = (language.id * MOST_SYMBOLS + symbol) * MOST_SYMBOLS + context;
      let derived = this.#inContext.get(key);
      if (derived === undefined) {
        derived = this.#deriveCompound(language, symbol, context);
        this.#inContext.set(key, derived);
      }
      return derived;
    }
    const { size } = this.alphabet;
    this.#derivatives[language.id] ??= size <= FEW_SYMBOLS ? new Array(size) : [];
    const row = this.#derivatives[language.id]!;
    row[symbol] ??= this.#deriveCompound(language, symbol, context);
    return row[symbol]!;
  }

  #deriveCompound(language: Language, symbol: number, context: Context): Language {
    switch (language.kind) {
      case "cat": {
        const through = this.cat(this.derive(language.head, symbol, context), language.tail);
        if (!this.isNullable(language.head, context)) return through;
        return this.alt(through, this.derive(language.tail, symbol, context));
      }
      case "alt":
        return this.#altOf(language.parts.map((part) => this.derive(part, symbol, context)));
      case "and":
        return this.and(...language.parts.map((part) => this.derive(part, symbol, context)));
      case "not":
        return this.not(this.derive(language.body, symbol, context));
      case "repeat": {
        const isEndless = language.min === 0 && language.max === Number.POSITIVE_INFINITY;
        const rest = isEndless ? language : this.repeat(language.body, Math.max(language.min - 1, 0), language.max - 1);
        return this.cat(this.derive(language.body, symbol, context), rest);
      }
      case "lazy":
        return this.derive(this.#inner(language), symbol, context);
      default:
        return this.none;
    }
  }

  /** Groups all symbols but END so that those of one group lead to the same derivative. */
  split(languages: readonly Language[]): readonly (readonly number[])[] {
    let key = "";
    for (const language of languages) for (const { id } of this.#firstsOf(language)) key += `${id},`;
    let groups = this.#groups.get(key);
    if (groups === undefined) {
      groups = this.#groupsOf(languages.flatMap((language) => this.#firstsOf(language)));
      this.#groups.set(key, groups);
    }
    return groups;
  }

  #groupsOf(firsts: readonly Language[]): number[][] {
    const group = new Uint32Array(this.alphabet.size);
    let groups = 1;
    for (const first of firsts) {
      if (first.kind !== "class") continue;
      const moved = new Map<number, number>();
      for (const symbol of first.symbols) {
        const old = group[symbol]!;
        let fresh = moved.get(old);
        if (fresh === undefined) {
          fresh = groups++;
          moved.set(old, fresh);
        }
        group[symbol] = fresh;
      }
    }
    const lists = new Map<number, number[]>();
    for (let symbol = 1; symbol < group.length; symbol++) {
      const list = lists.get(group[symbol]!);
      if (list === undefined) lists.set(group[symbol]!, [symbol]);
      else list.push(symbol);
    }
    return [...lists.values()];
  }

  /** The classes that a text of the language may begin with. */
  #firstsOf(language: Language): readonly Language[] {
    const known = this.#firsts[language.id];
    if (known !== undefined) return known;
    const found = new Set<Language>();
    const add = (part: Language) => {
      for (const one of this.#firstsOf(part)) found.add(one);
    };
    if (language.kind === "class") found.add(language);
    else if (language.kind === "cat") {
      add(language.head);
      if (language.head.isNullable || language.head.hasContext) add(language.tail);
    } else if (language.kind === "alt" || language.kind === "and") language.parts.forEach(add);
    else if (language.kind === "not" || language.kind === "repeat") add(language.body);
    else if (language.kind === "lazy") add(this.#inner(language));
    const list = [...found];
    this.#firsts[language.id] = list;
    return list;
  }

  /** The language behind the first symbol, where nothing is at the start any more. */
  pastStart(language: Language): Language {
    if (!language.hasContext) return language;
    this.#started[language.id] ??= this.#pastStart(language);
    return this.#started[language.id]!;
  }

  #pastStart(language: Language): Language {
    switch (language.kind) {
      case "behind":
        if (language.bits !== AT_START) return language;
        return language.isNegative ? this.empty : this.none;
      case "cat":
        return this.cat(this.pastStart(language.head), this.pastStart(language.tail));
      case "alt":
        return this.alt(...language.parts.map((part) => this.pastStart(part)));
      case "and":
        return this.and(...language.parts.map((part) => this.pastStart(part)));
      case "not":
        return this.not(this.pastStart(language.body));
      case "repeat":
        return this.repeat(this.pastStart(language.body), language.min, language.max);
      case "lazy":
        return this.lazy(`past ${language.id}`, language.isNullable, () => this.pastStart(this.#inner(language)));
      default:
        return language;
    }
  }
}

/** What the languages are made of, those of a kind replaced by their parts: each once, ascending by their numbers.
 *  @param unit  adds nothing and is left out */
function partsOf(languages: readonly Language[], kind: "alt" | "and", unit: Language): Language[] {
  const parts: Language[] = [];
  for (const language of languages) {
    if (language.kind !== kind) {
      if (language !== unit) parts.push(language);
    } else for (const part of language.parts) if (part !== unit) parts.push(part);
  }
  return inOrder(parts);
}

function isNullableAlone({ isNullable }: Language): boolean {
  return isNullable;
}

function asksForContext({ hasContext }: Language): boolean {
  return hasContext;
}
