import { InputError, messageOf } from "../errors.js";
import type { RowBatch, Source } from "./batch.js";
import { tallyColumns } from "./columnTypes.js";
import { limitRows } from "./limitRows.js";
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
 *  @param limit  read so many rows only
 *  @throws {InputError} ROWMILL_EMPTY_TABLE, ROWMILL_MIXED_ROWS, ROWMILL_NOT_UTF8 */
export async function openRows(given: RowStream, limit?: number): Promise<Source> {
  const stream = limit === undefined ? given : { ...given, rows: limitRows(given.rows, limit) };
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

/** By hand, since a generator would look into each row for a promise's `then`, where a proxy may throw. */
function resume(
  rest: Iterator<unknown> | AsyncIterator<unknown>,
  nulls: number,
  first: IteratorResult<unknown>,
): AsyncIterable<unknown> {
  let nullsLeft = nulls;
  let held: IteratorResult<unknown> | null = first;
  const rows: AsyncIterator<unknown> = {
    async next() {
      if (nullsLeft > 0) {
        nullsLeft--;
        return { done: false, value: null };
      }
      const next = held ?? (await rest.next());
      held = null;
      return next;
    },
    async return() {
      await rest.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => rows };
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
    const plain = plainRow(stream, row);
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

/** Whatever a row's getters, proxies or nesting do, it is the row's fault and said of it. */
function plainRow(stream: RowStream, row: unknown): RowObject {
  let plain: unknown;
  try {
    if (kindOf(row) !== "an object") throw mixedRows(stream, wrongKind(row, "an object"));
    plain = plainValue(row);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const message = `${stream.place()} can't be read: ${messageOf(error)}. Give rows of plain values.`;
    throw new InputError("ROWMILL_UNREADABLE", message, { cause: error });
  }
  // toJSON, or what a Date or Map is made of
  if (kindOf(plain) !== "an object") throw mixedRows(stream, wrongKind(plain, "an object"));
  return plain as RowObject;
}

function checkText(stream: RowStream, text: string): number {
  if (isWellFormed(text)) return text.length;
  const message = `${stream.place()} holds half of a surrogate pair, which is not valid UTF-8. Repair the text.`;
  throw new InputError("ROWMILL_NOT_UTF8", message);
}

const isNull = (value: unknown): value is null | undefined => value === null || value === undefined;

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value !== "object") return `a ${typeof value}`;
  return isArray(value) ? "an array" : "an object";
}

/** A proxy that was revoked throws even here; reading it says so. */
function isArray(value: object): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

function wrongKind(row: unknown, wanted: string): string {
  return `this is ${kindOf(row)}, where ${wanted} was expected`;
}

function mixedRows(stream: RowStream, reason: string): InputError {
  const message = `${stream.place()}: ${reason}. Rows are all strings (or null) or all objects.`;
  return new InputError("ROWMILL_MIXED_ROWS", message);
}
