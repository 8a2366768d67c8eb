import { stringify } from "csv-stringify/sync";
import { promptText, writeExactJson } from "../data/index.js";
import type { ResultColumn } from "./columns.js";
import { defuseFormula } from "./csvFormulas.js";
import type { ResultBatch, ResultShape } from "./result.js";
import type { ResultEncoder } from "./resultEncoder.js";
import { resultValues } from "./rows.js";

/** Writes result batches as text, called batch after batch. */
interface TextWriter {
  readonly head: string;
  rows(batch: ResultBatch): string;
  readonly tail: string;
}

function encoderOf(open: (columns: readonly ResultColumn[], shape: ResultShape) => TextWriter): ResultEncoder {
  return async function* textChunks(batches, columns, shape) {
    const writer = open(columns, shape);
    yield Buffer.from(writer.head, "utf8");
    for await (const batch of batches) yield Buffer.from(writer.rows(batch), "utf8");
    yield Buffer.from(writer.tail, "utf8");
  };
}

export const csv = encoderOf((columns, shape) => separatedText(columns, shape, ","));
export const tsv = encoderOf((columns, shape) => separatedText(columns, shape, "\t"));
/** One JSON object a line. */
export const jsonl = encoderOf(jsonLines);
/** One JSON array, an object a line. */
export const json = encoderOf(jsonArray);

/** Comma- or tab-separated values with a header (RFC 4180, LF): null is an empty field, the empty string is `""` (but
 *  bare where the input had it so), nested values are JSON. With formulas escaped a text with a sign by which a spreadsheet may
 *  separate fields stands in quotes too, so that no formula begins behind it. */
function separatedText(columns: readonly ResultColumn[], shape: ResultShape, delimiter: string): TextWriter {
  // quotes the empty string and not null
  const isEscaped = shape.csvFormulas === "escape";
  const options = { delimiter, quoted_match: isEscaped ? /^$|[,;\t|"\r\n]/ : /^$/ };
  const textOf = (value: unknown): string | null => {
    const text = promptText(value);
    return isEscaped && typeof value === "string" ? defuseFormula(value) : text;
  };
  // a blank line would be no row to most readers
  const nothing = columns.length === 1 ? "" : null;
  const isBare = columns.map(({ origin }) => shape.hasBareEmpties === true && origin === "input");
  return {
    head: stringify([columns.map(({ name }) => textOf(name))], options),
    rows(batch) {
      const values = resultValues(batch, columns, shape);
      const records = batch.rows.map((_, i) =>
        values.map((column, place) => (column[i] === "" && isBare[place] ? null : textOf(column[i])) ?? nothing),
      );
      return stringify(records, options);
    },
    tail: "",
  };
}

function jsonLines(columns: readonly ResultColumn[], shape: ResultShape): TextWriter {
  return {
    head: "",
    rows: (batch) =>
      jsonRows(batch, columns, shape)
        .map((row) => `${row}\n`)
        .join(""),
    tail: "",
  };
}

function jsonArray(columns: readonly ResultColumn[], shape: ResultShape): TextWriter {
  let separator = "";
  return {
    head: "[\n",
    rows(batch) {
      const rows = jsonRows(batch, columns, shape);
      if (rows.length === 0) return "";
      const text = separator + rows.join(",\n");
      separator = ",\n";
      return text;
    },
    tail: "\n]\n",
  };
}

function jsonRows(batch: ResultBatch, columns: readonly ResultColumn[], shape: ResultShape): string[] {
  const values = resultValues(batch, columns, shape);
  const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  return batch.rows.map((_, i) => {
    const fields = columns.map((_, place) => keys[place] + writeExactJson(values[place]?.[i] ?? null));
    return `{${fields.join(",")}}`;
  });
}
