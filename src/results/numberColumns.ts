import { type DataType, Decimal, Float64, Int64, Uint64, Utf8 } from "apache-arrow";
import {
  type Column,
  decimalShape,
  type ExactNumber,
  promptText,
  setUnscaled,
  unscaledDecimal,
} from "../data/index.js";
import { InputError } from "../errors.js";

const DECIMAL_BITS = 128;

/** The Arrow type that holds each number of a column as it is. */
export function numberType({ type, storage }: Column): DataType {
  if (storage === "text") return new Utf8();
  if (storage === "uint64") return new Uint64();
  if (storage === undefined) return type === "integer" ? new Int64() : new Float64();
  const [precision, scale] = decimalOf(storage);
  return new Decimal(scale, precision, DECIMAL_BITS);
}

/** A number as a builder of its column's Arrow type takes it.
 *  @throws {InputError} ROWMILL_INTEGER_RANGE, ROWMILL_NUMBER_RANGE for what the type can't hold: only an output's type is
 *    settled before its numbers are there */
export function storedNumber(column: Column, value: number | ExactNumber): number | bigint | string | Uint32Array {
  const text = promptText(value) as string;
  if (column.storage === "text") return text;
  if (column.storage === "uint64") return BigInt(text);
  if (column.storage !== undefined) return decimalWords(unscaledDecimal(text, decimalOf(column.storage)[1]));
  return column.type === "integer" ? int64(column.name, text) : double(column.name, text);
}

function decimalOf(storage: string): readonly [precision: number, scale: number] {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(storage) as RegExpExecArray;
  return [Number(precision), Number(scale)];
}

function decimalWords(unscaled: bigint): Uint32Array {
  const words = new Uint32Array(DECIMAL_BITS / 32);
  setUnscaled(words, 0, DECIMAL_BITS, unscaled);
  return words;
}

/** Neither wrapped nor rounded: a job's results can be had in a format that holds them. */
function int64(column: string, text: string): bigint {
  const scale = decimalShape(text)?.scale ?? 0;
  const scaled = unscaledDecimal(text, scale);
  const one = 10n ** BigInt(scale);
  const integer = scaled / one;
  if (integer * one === scaled && BigInt.asIntN(64, integer) === integer) return integer;
  throw new InputError(
    "ROWMILL_INTEGER_RANGE",
    `The column "${column}" holds ${text}, and integers of Parquet and Arrow have 64 bits. ${ADVICE}`,
  );
}

function double(column: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) || !/\d/.test(text)) return value;
  throw new InputError(
    "ROWMILL_NUMBER_RANGE",
    `The column "${column}" holds ${text.slice(0, 40)}, which is beyond the doubles of Parquet and Arrow. ${ADVICE}`,
  );
}

const ADVICE = "Take .jsonl, .json, .csv or .tsv, which keep every digit.";
