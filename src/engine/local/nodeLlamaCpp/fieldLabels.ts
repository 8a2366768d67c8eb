import type { LlamaModel, Token } from "node-llama-cpp";
import { type LabelNode, labelTree, type TokenLabel } from "../labels.js";
import type { LabelField } from "../tokenEngine.js";
import { findJsonValue } from "./jsonPlace.js";

/** The labels of one field of a finished output, to be scored. */
export interface FieldTree {
  /** Index of the field. */
  readonly field: number;
  /** Tokens of the output before the labels. */
  readonly begin: number;
  readonly tree: LabelNode;
  /** How many texts the labels have together. */
  readonly texts: number;
}

type Closing = "end of turn" | "quote" | "other" | "other or end of turn";

/** Where the output may have other borders than the tokenizer: so many of its tokens before the field. */
const TOKENS_BACK = 2;
/** Most characters before a field that its labels' tokens may hold as well. */
const MOST_BEFORE = 32;
/** Trees that are kept: with the white space of a free style what stands before a field differs from row to row. */
const MOST_TREES = 1000;
const CLOSES_SCALAR = /^[ \t\n\r]*(?:[,}\]]|(?<=[ \t\n\r])$)/;

/** What else the fields of an output could have said, as native/engine/scoring/field_labels.h has it. */
export class FieldLabels {
  #pieces: readonly string[] | null = null;
  readonly #ends = new Map<string, readonly number[]>();
  readonly #trees = new Map<string, LabelNode>();

  constructor(
    private readonly model: LlamaModel,
    private readonly fields: readonly LabelField[],
    private readonly endTokens: readonly Token[],
  ) {}

  /** Tokens that a slot needs beyond its output. */
  static roomFor(fields: readonly LabelField[]): number {
    const texts = fields.flatMap(({ labels }) => labels.flatMap((label) => label.texts));
    return Math.max(0, ...texts.map((text) => Buffer.byteLength(text) + MOST_BEFORE));
  }

  /** The fields that an output has, the last of the output first.
   *  @param textOf the text of the output's first so many tokens */
  find(text: string, count: number, textOf: (tokens: number) => string): FieldTree[] {
    const found: FieldTree[] = [];
    this.fields.forEach((field, index) => {
      const texts = field.labels.flatMap((label) => label.texts);
      const place = field.isWhole ? (texts.includes(text) ? 0 : null) : findJsonValue(text, field.path);
      if (place === null || !texts.some((one) => text.startsWith(one, place))) return;
      const end = place + sharedQuote(field);
      const { begin, before } = this.#beginOf(field, text.slice(0, end), count, textOf);
      if (before.length > MOST_BEFORE) return;
      found.push({ field: index, begin, tree: this.#treeOf(index, before), texts: texts.length });
    });
    return found.sort((one, other) => other.begin - one.begin);
  }

  /** The last border of the output's tokens at which the tokenizer has one as well, whatever label follows. */
  #beginOf(field: LabelField, text: string, count: number, textOf: (tokens: number) => string) {
    const own: { begin: number; place: number }[] = [];
    for (let begin = count; begin >= 0 && own.length <= TOKENS_BACK; begin--) {
      const before = textOf(begin);
      // within a character there is no border
      if (text.startsWith(before)) own.push({ begin, place: before.length });
    }
    const first = own.at(-1) ?? { begin: 0, place: 0 };
    const tail = text.slice(first.place);
    const usual = field.labels.flatMap((label) => label.texts.map((one) => this.#bordersOf(tail + stemOf(field, one))));
    const last = own.find(({ place }) => usual.every((borders) => borders.has(place - first.place))) ?? first;
    return { begin: last.begin, before: text.slice(last.place) };
  }

  #bordersOf(text: string): ReadonlySet<number> {
    let at = 0;
    return new Set([0, ...this.#tokenize(text).map((token) => (at += this.#pieceOf(token).length))]);
  }

  #treeOf(index: number, before: string): LabelNode {
    const key = `${index} ${before}`;
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    const field = this.fields[index] as LabelField;
    const other = field.path.length === 0 ? "other or end of turn" : "other";
    const closingOf = (text: string): Closing =>
      field.isWhole ? "end of turn" : text.startsWith('"') ? "quote" : other;
    const texts = field.labels.flatMap((label) => label.texts);
    const tree = labelTree(texts.map((text) => this.#labelOf(before + stemOf(field, text), closingOf(text))));
    if (this.#trees.size === MOST_TREES) this.#trees.clear();
    this.#trees.set(key, tree);
    return tree;
  }

  #labelOf(text: string, closing: Closing): TokenLabel {
    const tokens = this.#tokenize(text);
    let rest = text;
    const ends = tokens.map((token, depth) => {
      // the last token may hold the end of the label and what closes it
      const end = { depth, tokens: this.#endsOf(rest, closing) };
      rest = rest.slice(this.#pieceOf(token).length);
      return end;
    });
    return { tokens, ends: [...ends, { depth: tokens.length, tokens: this.#endsOf("", closing) }] };
  }

  #endsOf(rest: string, closing: Closing): readonly number[] {
    const key = `${closing} ${rest}`;
    const known = this.#ends.get(key);
    if (known !== undefined) return known;
    const ends: number[] = rest === "" && closing.endsWith("end of turn") ? [...this.endTokens] : [];
    const closes = (piece: string) => (closing === "quote" ? piece.startsWith('"') : CLOSES_SCALAR.test(piece));
    if (closing !== "end of turn")
      this.#vocabulary().forEach((piece, token) => {
        if (piece.startsWith(rest) && closes(piece.slice(rest.length))) ends.push(token);
      });
    this.#ends.set(key, ends);
    return ends;
  }

  #vocabulary(): readonly string[] {
    this.#pieces ??= Array.from(this.model.iterateAllTokens(), (token) => this.#pieceOf(token));
    return this.#pieces;
  }

  #pieceOf(token: number): string {
    return this.model.detokenize([token as Token]);
  }

  #tokenize(text: string): Token[] {
    return this.model.tokenize(text, false, "trimLeadingSpace");
  }
}

/** The labels begin behind the quote that all of them have. */
function sharedQuote({ isWhole, labels }: LabelField): number {
  return !isWhole && labels.every(({ texts }) => texts.every((text) => text.startsWith('"'))) ? 1 : 0;
}

function stemOf(field: LabelField, text: string): string {
  const isString = !field.isWhole && text.startsWith('"');
  return text.slice(sharedQuote(field), isString ? -1 : undefined);
}
