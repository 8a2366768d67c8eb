import { InputError } from "../errors.js";
import type { RowBatch, Source } from "./batch.js";
import { tallyColumns } from "./columnTypes.js";
import { BATCH_BYTES, BATCH_ROWS } from "./limits.js";
import { isWellFormed, plainValue, promptText } from "./plainValue.js";
import { objectBatch, promptBatch } from "./rowBatches.js";

/** Rows one by one, from memory or a file, and where each stands. */
export interface RowStream {
  readonly format: string;
  readonly path: string | null;
  readonly rows: Iterator<unknown> | AsyncIterator<unknown>;
  /** Where the row that was read last stands, for messages: "row 3", "a.jsonl line 7". */
  place(): string;
}

type RowObject = Record<string, unknown>;

/** Makes a source of rows that are all strings (or null) or all objects; the first row that is not null decides.
 *  @throws {InputError} ROWMILL_EMPTY_TABLE, ROWMILL_MIXED_ROWS, ROWMILL_NOT_UTF8 */
export async function openRows(stream: RowStream): Promise<Source> {
  // a long list of nulls is counted, not kept
  let nulls = 0;
  let first = await stream.rows.next();
  for (; first.done !== true && isNull(first.value); first = await stream.rows.next()) nulls++;
  if (first.done === true && nulls === 0) throw emptyTable(stream.path ?? "The input");
  const isTable = first.done !== true && kindOf(first.value) === "an object";
  if (isTable && nulls > 0) throw mixedRows(stream, `the row before is null, and this is an object`);
  const rows = resume(stream.rows, nulls, first);
  const tally = tallyColumns();
  return {
    kind: isTable ? "table" : "list",
    format: isTable && stream.format === "list" ? "objects" : stream.format,
    path: stream.path,
    columns: null,
    batches: () => (isTable ? objectBatches(stream, rows, tally.see) : promptBatches(stream, rows)),
    finalColumns: () => tally.columns(),
  };
}

export function emptyTable(what: string): InputError {
  return new InputError("ROWMILL_EMPTY_TABLE", `${what} has no rows. Give at least one.`);
}

async function* resume(
  rest: Iterator<unknown> | AsyncIterator<unknown>,
  nulls: number,
  first: IteratorResult<unknown>,
): AsyncGenerator<unknown> {
  try {
    for (let i = 0; i < nulls; i++) yield null;
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* promptBatches(stream: RowStream, rows: AsyncIterable<unknown>): AsyncGenerator<RowBatch> {
  let prompts: (string | null)[] = [];
  let bytes = 0;
  for await (const row of rows) {
    if (!isNull(row) && typeof row !== "string") throw mixedRows(stream, wrongKind(row, "a string"));
    const prompt = isNull(row) ? null : row;
    if (prompt !== null) checkText(stream, prompt);
    prompts.push(prompt);
    bytes += prompt?.length ?? 0;
    if (prompts.length >= BATCH_ROWS || bytes >= BATCH_BYTES) {
      yield promptBatch(prompts);
      prompts = [];
      bytes = 0;
    }
  }
  if (prompts.length > 0) yield promptBatch(prompts);
}

async function* objectBatches(
  stream: RowStream,
  rows: AsyncIterable<unknown>,
  see: (row: RowObject) => void,
): AsyncGenerator<RowBatch> {
  let batch: RowObject[] = [];
  let bytes = 0;
  for await (const row of rows) {
    if (kindOf(row) !== "an object") throw mixedRows(stream, wrongKind(row, "an object"));
    const plain = plainValue(row) as RowObject;
    see(plain);
    for (const key in plain) bytes += checkText(stream, promptText(plain[key]) ?? "") + key.length;
    batch.push(plain);
    if (batch.length >= BATCH_ROWS || bytes >= BATCH_BYTES) {
      yield objectBatch(batch);
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield objectBatch(batch);
}

function checkText(stream: RowStream, text: string): number {
  if (isWellFormed(text)) return text.length;
  const message = `${stream.place()} holds half of a surrogate pair, which is not valid UTF-8. Repair the text.`;
  throw new InputError("ROWMILL_NOT_UTF8", message);
}

const isNull = (value: unknown): value is null | undefined => value === null || value === undefined;

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function wrongKind(row: unknown, wanted: string): string {
  return `this is ${kindOf(row)}, where ${wanted} was expected`;
}

function mixedRows(stream: RowStream, reason: string): InputError {
  const message = `${stream.place()}: ${reason}. Rows are all strings (or null) or all objects.`;
  return new InputError("ROWMILL_MIXED_ROWS", message);
}
