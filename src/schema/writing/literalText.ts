import { choice, type IrNode, seq, seqOf, text } from "../../grammar/index.js";
import { decimalOf, type Numeric } from "../../language/index.js";
import type { Punctuation } from "./jsonText.js";

/** A string as JSON.stringify writes it, and where that differs with all that is beyond ASCII as `\uXXXX`, as Python's
 *  json.dumps does. */
export function spellingsOf(value: string): readonly string[] {
  const plain = JSON.stringify(value);
  if (!/[\u0080-\uffff]/.test(plain)) return [plain];
  const escaped = plain.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return [plain, escaped];
}

/** A number as JSON.stringify writes it, a whole one with all its digits and no exponent. */
export function numberText(value: Numeric): string {
  if (typeof value === "number" && !Number.isInteger(value)) return JSON.stringify(value);
  const { isNegative, digits, point } = decimalOf(value);
  return digits === "" ? "0" : `${isNegative ? "-" : ""}${digits.padEnd(point, "0")}`;
}

/** A string in either of its spellings. */
export function quoted(value: string): IrNode {
  return choice(...spellingsOf(value).map(text));
}

/** A value in its own form: keys in its own order.
 *  @param number  the texts of a number */
export function literal(value: unknown, punctuation: Punctuation, number: (value: Numeric) => IrNode): IrNode {
  const { comma, colon, edge } = punctuation;
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "bigint") return number(value);
  if (value === null || typeof value !== "object") return text(JSON.stringify(value));
  const isArray = Array.isArray(value);
  const elements = isArray
    ? value.map((element: unknown) => literal(element, punctuation, number))
    : Object.entries(value).map(([key, member]) => seq(quoted(key), colon, literal(member, punctuation, number)));
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  if (elements.length === 0) return seq(text(open), edge, text(close));
  const [first, ...rest] = elements;
  return seqOf([text(open), edge, first!, ...rest.flatMap((element) => [comma, element]), edge, text(close)]);
}
