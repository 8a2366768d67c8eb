import { chars, choice, EMPTY, type IrNode, optional, ref, repeat, seq, text } from "./ir.js";

/** Where white space stands: `spaced` is `{"a": 1, "b": [2, 3]}`, `compact` has none, `free` allows up to 20 white
 *  characters at every place where JSON does. */
export type JsonStyle = "spaced" | "compact" | "free";

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

/** The rule that all schemas share: any string. */
export const STRING_RULES: Readonly<Record<string, IrNode>> = { string: ANY_STRING };

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

/** A value in its one form: keys in its own order, strings as JSON.stringify writes them. */
export function literal(value: unknown, punctuation: Punctuation): IrNode {
  const { comma, colon, edge } = punctuation;
  if (value === null || typeof value !== "object") return text(JSON.stringify(value));
  const isArray = Array.isArray(value);
  const elements = isArray
    ? value.map((element: unknown) => literal(element, punctuation))
    : Object.entries(value).map(([key, member]) => seq(text(JSON.stringify(key)), colon, literal(member, punctuation)));
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  if (elements.length === 0) return seq(text(open), edge, text(close));
  const [first, ...rest] = elements;
  return seq(text(open), edge, first!, ...rest.flatMap((element) => [comma, element]), edge, text(close));
}
