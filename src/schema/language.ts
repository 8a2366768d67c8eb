import { differenceOf, hasCodePoint, intersectionOf, SCALARS, unionOf } from "./codePoints.js";
import type { Ranges } from "./ir.js";

/** The marks around a string: every language here is over START string END, so that `^` and `$` are characters. */
export const START = 0x110000;
export const END = 0x110001;

type Shape =
  | { readonly kind: "none" }
  | { readonly kind: "empty" }
  | { readonly kind: "class"; readonly ranges: Ranges }
  | { readonly kind: "cat"; readonly head: Language; readonly tail: Language }
  | { readonly kind: "alt"; readonly parts: readonly Language[] }
  | { readonly kind: "and"; readonly parts: readonly Language[] }
  | { readonly kind: "not"; readonly body: Language }
  | { readonly kind: "repeat"; readonly body: Language; readonly min: number; readonly max: number };

/** A regular language as an extended regular expression; equal expressions are the same object. */
export type Language = Shape & { readonly id: number; readonly nullable: boolean };

/** Makes languages, and takes them apart by derivatives (Brzozowski, "Derivatives of regular expressions", 1964), with
 *  which intersection and complement cost no more than union does. */
export class Languages {
  readonly #interned = new Map<string, Language>();
  readonly #derivatives = new Map<string, Language>();
  readonly #firsts = new Map<number, ReadonlySet<Language>>();
  readonly none = this.#intern("none", { kind: "none" }, false);
  readonly empty = this.#intern("empty", { kind: "empty" }, true);
  /** Every text, marks included. */
  readonly all = this.#intern("all", { kind: "not", body: this.none }, true);
  readonly anyChar = this.class(SCALARS);

  #intern(key: string, shape: Shape, nullable: boolean): Language {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const made = { ...shape, id: this.#interned.size, nullable };
    this.#interned.set(key, made);
    return made;
  }

  /** How many expressions were made so far: what a construction has cost. */
  get size(): number {
    return this.#interned.size;
  }

  class(ranges: Ranges): Language {
    return ranges.length === 0 ? this.none : this.#intern(`c${ranges.join(" ")}`, { kind: "class", ranges }, false);
  }

  text(value: string): Language {
    return [...value].reduceRight((tail, char) => {
      const codePoint = char.codePointAt(0)!;
      return this.cat(this.class([[codePoint, codePoint]]), tail);
    }, this.empty);
  }

  cat(head: Language, tail: Language): Language {
    if (head === this.none || tail === this.none) return this.none;
    if (head === this.empty) return tail;
    if (tail === this.empty) return head;
    if (head.nullable && tail === this.all) return this.all;
    if (head.kind === "cat") return this.cat(head.head, this.cat(head.tail, tail));
    return this.#intern(`.${head.id} ${tail.id}`, { kind: "cat", head, tail }, head.nullable && tail.nullable);
  }

  alt(...options: readonly Language[]): Language {
    const parts = new Set(options.flatMap((one) => (one.kind === "alt" ? one.parts : [one])));
    parts.delete(this.none);
    if (parts.has(this.all)) return this.all;
    const classes = [...parts].filter((part) => part.kind === "class");
    if (classes.length > 1) {
      for (const part of classes) parts.delete(part);
      parts.add(this.class(unionOf(...classes.map((part) => part.ranges))));
    }
    return this.#set("alt", "|", parts, this.none, (sorted) => sorted.some((part) => part.nullable));
  }

  and(...conditions: readonly Language[]): Language {
    const parts = new Set(conditions.flatMap((one) => (one.kind === "and" ? one.parts : [one])));
    parts.delete(this.all);
    if (parts.has(this.none)) return this.none;
    return this.#set("and", "&", parts, this.all, (sorted) => sorted.every((part) => part.nullable));
  }

  #set(
    kind: "alt" | "and",
    sign: string,
    parts: ReadonlySet<Language>,
    unit: Language,
    isNullable: (parts: readonly Language[]) => boolean,
  ): Language {
    const sorted = [...parts].sort((a, b) => a.id - b.id);
    if (sorted.length === 0) return unit;
    if (sorted.length === 1) return sorted[0]!;
    const key = `${sign}${sorted.map((part) => part.id).join(" ")}`;
    return this.#intern(key, { kind, parts: sorted }, isNullable(sorted));
  }

  not(body: Language): Language {
    if (body === this.none) return this.all;
    if (body.kind === "not") return body.body;
    return this.#intern(`!${body.id}`, { kind: "not", body }, !body.nullable);
  }

  /** `min` to `max` copies; `max` may be Infinity. */
  repeat(body: Language, min: number, max: number): Language {
    if (max < min) return this.none;
    if (max === 0 || body === this.empty) return this.empty;
    if (body === this.none) return min === 0 ? this.empty : this.none;
    if (body === this.all) return this.all;
    const least = body.nullable ? 0 : min;
    if (least === 1 && max === 1) return body;
    if (body.kind === "repeat" && body.min === 0 && body.max === Number.POSITIVE_INFINITY) return body;
    const key = `*${body.id} ${least} ${max}`;
    return this.#intern(key, { kind: "repeat", body, min: least, max }, least === 0);
  }

  /** What may follow a code point. */
  derive(language: Language, codePoint: number): Language {
    switch (language.kind) {
      case "none":
      case "empty":
        return this.none;
      case "class":
        return hasCodePoint(language.ranges, codePoint) ? this.empty : this.none;
    }
    const key = `${language.id} ${codePoint}`;
    const known = this.#derivatives.get(key);
    if (known !== undefined) return known;
    const derived = this.#deriveCompound(language, codePoint);
    this.#derivatives.set(key, derived);
    return derived;
  }

  #deriveCompound(language: Language, codePoint: number): Language {
    const of = (part: Language) => this.derive(part, codePoint);
    switch (language.kind) {
      case "cat": {
        const through = this.cat(of(language.head), language.tail);
        return language.head.nullable ? this.alt(through, of(language.tail)) : through;
      }
      case "alt":
        return this.alt(...language.parts.map(of));
      case "and":
        return this.and(...language.parts.map(of));
      case "not":
        return this.not(of(language.body));
      case "repeat":
        return this.cat(of(language.body), this.repeat(language.body, Math.max(language.min - 1, 0), language.max - 1));
      default:
        return this.none;
    }
  }

  /** Splits the scalar values so that all of one part lead to the same derivative. */
  split(language: Language): Ranges[] {
    let parts: Ranges[] = [SCALARS];
    for (const { ranges } of [...this.#first(language)].filter((one) => one.kind === "class")) {
      parts = parts
        .flatMap((part) => [intersectionOf(part, ranges), differenceOf(part, ranges)])
        .filter((part) => part.length > 0);
    }
    return parts;
  }

  #first(language: Language): ReadonlySet<Language> {
    const known = this.#firsts.get(language.id);
    if (known !== undefined) return known;
    const found = new Set<Language>();
    const add = (part: Language) => {
      for (const one of this.#first(part)) found.add(one);
    };
    if (language.kind === "class") found.add(language);
    else if (language.kind === "cat") {
      add(language.head);
      if (language.head.nullable) add(language.tail);
    } else if (language.kind === "alt" || language.kind === "and") language.parts.forEach(add);
    else if (language.kind === "not" || language.kind === "repeat") add(language.body);
    this.#firsts.set(language.id, found);
    return found;
  }
}
