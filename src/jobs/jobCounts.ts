import type { JobCounts } from "./record.js";
import type { SqlRow, SqlValue } from "./sqlite.js";

/** Each count's column of the catalogue, and what gives it of the results in a job's own file. */
const COUNTS: { readonly [Name in keyof JobCounts]: { readonly column: string; readonly counted: string } } = {
  rowsDone: { column: "rows_done", counted: "count(output)" },
  rowsFailed: { column: "rows_failed", counted: "count(error)" },
  rowsCut: { column: "rows_cut", counted: "total(output IS NOT NULL AND finish = 'length')" },
  inputTokens: { column: "input_tokens", counted: "total(input_tokens)" },
  sharedTokens: { column: "shared_tokens", counted: "total(shared_tokens)" },
  outputTokens: { column: "output_tokens", counted: "total(output_tokens)" },
};

const NAMES = Object.keys(COUNTS) as readonly (keyof JobCounts)[];

/** The columns of the catalogue, in the order of `countValues`. */
export const COUNT_COLUMNS: readonly string[] = NAMES.map((name) => COUNTS[name].column);

/** `rows_done = ?, …`, for `countValues`. */
export const SET_COUNTS = COUNT_COLUMNS.map((column) => `${column} = ?`).join(", ");

export function countValues(counts: JobCounts): SqlValue[] {
  return NAMES.map((name) => counts[name]);
}

/** The counts of a line of the catalogue. */
export function countsOfLine(row: SqlRow): JobCounts {
  return countsOf((name) => row[COUNTS[name].column]);
}

/** Selects from a job's results what they add up to, for `countsOfResults`. */
export const SELECT_COUNTS = `SELECT ${NAMES.map((name) => `${COUNTS[name].counted} AS ${name}`).join(", ")} FROM results`;

export function countsOfResults(row: SqlRow | undefined): JobCounts {
  return countsOf((name) => row?.[name]);
}

function countsOf(value: (name: keyof JobCounts) => SqlValue | undefined): JobCounts {
  return Object.fromEntries(NAMES.map((name) => [name, Number(value(name))])) as unknown as JobCounts;
}
