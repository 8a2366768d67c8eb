import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import {
  decodeRows,
  openSource,
  type PlainRow,
  type Source,
  type SourceOptions,
  toJavaScript,
} from "../../src/data/index.js";

/** A folder for one test file's real files, gone afterwards. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ReadBack {
  readonly source: Source;
  readonly rows: PlainRow[];
  readonly texts: (string | null)[];
  readonly batchSizes: number[];
}

/** Reads a source to its end: its rows as a program gets them, and the text of one column. */
export async function readAll(data: unknown, column = "", options: SourceOptions = {}): Promise<ReadBack> {
  const source = await openSource(data, { columns: column === "" ? [] : [column], ...options });
  const rows: PlainRow[] = [];
  const texts: (string | null)[] = [];
  const batchSizes: number[] = [];
  for await (const batch of source.batches()) {
    const kept = batch.encode();
    if (kept !== null) rows.push(...decodeRows(kept).map((row) => toJavaScript(row) as PlainRow));
    texts.push(...batch.text(column));
    batchSizes.push(batch.rowCount);
  }
  return { source, rows, texts, batchSizes };
}
