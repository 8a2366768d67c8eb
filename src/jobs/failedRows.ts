import { fromSqlText, type Store } from "./sqlite.js";

/** A kind of failure and how many rows have it. */
export interface FailedRows {
  /** As the first row of the kind gives it. */
  readonly reason: string;
  readonly rows: number;
}

/** Kinds that are told; the rest is a number. */
const MOST_KINDS = 5;
/** Different texts that are looked at, the commonest first: messages can hold a value of each row. */
const MOST_TEXTS = 10_000;

/** How many rows may fail before a job counts as failed.
 *  @param maxFailed a number of rows, a share such as "5%", or null for the default: half of them */
export function mostFailedRows(maxFailed: number | string | null, rowsTotal: number): number {
  if (maxFailed === null) return Math.floor(rowsTotal / 2);
  return typeof maxFailed === "number" ? maxFailed : Math.floor((rowsTotal * Number.parseFloat(maxFailed)) / 100);
}

/** The commonest reasons of a job's error rows, the commonest first. Reasons that differ in numbers and quoted texts alone are
 *  one kind. */
export function commonestFailures(db: Store): FailedRows[] {
  const texts = db.all(
    `SELECT error, count(*) AS row_count FROM results WHERE error IS NOT NULL
     GROUP BY error ORDER BY count(*) DESC, min(i) LIMIT ?`,
    MOST_TEXTS,
  );
  const kinds = new Map<string, { reason: string; rows: number }>();
  for (const text of texts) {
    const reason = fromSqlText(text.error) ?? "";
    const kind = reason.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\d+/g, "0");
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { reason, rows: Number(text.row_count) });
    else known.rows += Number(text.row_count);
  }
  // the sort is stable: of equal kinds the one that a row had first
  return [...kinds.values()].sort((left, right) => right.rows - left.rows).slice(0, MOST_KINDS);
}
