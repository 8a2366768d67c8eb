import type { EncodedBatch, RowBatch } from "./batch.js";
import { writeExactJson } from "./exactJson.js";
import { promptText } from "./plainValue.js";

/** A batch of a list: the prompts are all there is. */
export function promptBatch(prompts: (string | null)[]): RowBatch {
  return { rowCount: prompts.length, text: () => prompts, encode: () => null };
}

/** A batch of row objects whose values are plain (see plainValue). */
export function objectBatch(rows: readonly Readonly<Record<string, unknown>>[]): RowBatch {
  return {
    rowCount: rows.length,
    text: (column) => rows.map((row) => (Object.hasOwn(row, column) ? promptText(row[column]) : null)),
    encode: () => encodeJson(writeExactJson(rows)),
  };
}

/** A batch of records whose fields are all strings or null, in the order of `names`. */
export function recordBatch(names: readonly string[], records: readonly (readonly (string | null)[])[]): RowBatch {
  return {
    rowCount: records.length,
    text(column) {
      const place = names.indexOf(column);
      return records.map((record) => record[place] ?? null);
    },
    encode() {
      const keys = names.map((name) => `${JSON.stringify(name)}:`);
      const rows = records.map((record) => `{${record.map((field, i) => keys[i] + JSON.stringify(field)).join(",")}}`);
      return encodeJson(`[${rows.join(",")}]`);
    },
  };
}

function encodeJson(text: string): EncodedBatch {
  return { format: "json", bytes: Buffer.from(text, "utf8") };
}
