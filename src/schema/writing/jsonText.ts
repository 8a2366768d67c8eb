import { chars, choice, EMPTY, type IrNode, optional, ref, repeat, seq, text } from "../../grammar/index.js";
import type { JsonStyle } from "../../jsonStyle.js";
import type { StringContent } from "../../language/index.js";

/** A style's punctuation. */
export interface Punctuation {
  readonly comma: IrNode;
  readonly colon: IrNode;
  /** After an opening and before a closing bracket. */
  readonly edge: IrNode;
}

export const WHITE_SPACE: IrNode = repeat(
  chars([
    [9, 10],
    [13, 13],
    [32, 32],
  ]),
  0,
  20,
);

export function punctuationOf(style: JsonStyle): Punctuation {
  if (style === "free") {
    const space = ref("space");
    return { comma: seq(space, text(","), space), colon: seq(space, text(":"), space), edge: space };
  }
  const gap = style === "spaced" ? " " : "";
  return { comma: text(`,${gap}`), colon: text(`:${gap}`), edge: EMPTY };
}

/** Any JSON string. */
export const ANY_STRING: IrNode = { kind: "string", content: { automaton: null, min: 0, max: null } };

/** The JSON strings of a content; any string is the rule that all schemas share. */
export function stringOf(content: StringContent): IrNode {
  const isAny = content.automaton === null && content.min === 0 && content.max === null;
  return isAny ? ref("string") : { kind: "string", content };
}

/** Any JSON value and its parts, in a style. */
export function valueRules({ comma, colon, edge }: Punctuation): Readonly<Record<string, IrNode>> {
  const member = seq(ref("string"), colon, ref("value"));
  const list = (open: string, element: IrNode, close: string) =>
    seq(text(open), edge, optional(seq(element, repeat(seq(comma, element), 0, null), edge)), text(close));
  return {
    value: choice(ref("object"), ref("array"), ref("string"), ref("number"), text("true"), text("false"), text("null")),
    object: list("{", member, "}"),
    array: list("[", ref("value"), "]"),
  };
}
