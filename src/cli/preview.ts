import { oneLine } from "../foreignText.js";
import type { Door, JobRecord } from "./door.js";
import { print, screenWidth } from "./output.js";
import { formatCount } from "./quantities.js";
import { cellText, renderTable, shorten } from "./table.js";

const PREVIEW_ROWS = 5;
/** The facade gives results whole; more rows than this are not read for the sake of a glance. */
const LARGEST_PREVIEWED_JOB = 20_000;

/** Shows a finished job's first rows, input beside output, and says how to get all of them. */
export async function showPreview(door: Door, job: JobRecord, unpackJson: boolean): Promise<void> {
  if (job.rowsTotal > 0 && job.rowsTotal <= LARGEST_PREVIEWED_JOB) {
    const rows = await door.mill.getJobResults(job.jobId, { includeInputs: true, format: "array", unpackJson });
    print(renderPreview((rows as Record<string, unknown>[]).slice(0, PREVIEW_ROWS), job, screenWidth(100)));
    if (job.rowsTotal > PREVIEW_ROWS) print(`… ${formatCount(job.rowsTotal - PREVIEW_ROWS)} more rows`);
  }
  door.say(
    `All results: ${door.command("jobs", "results", job.jobId, ...(unpackJson ? ["--unpack-json"] : []), "--output", "results.csv")}`,
  );
}

/** The prompt columns in one column, then the output, or the output's keys, in columns of their own. */
export function renderPreview(
  rows: readonly Record<string, unknown>[],
  job: Pick<JobRecord, "columnParts" | "outputColumn" | "kind" | "columns" | "labelProbabilities">,
  width: number,
): string {
  const inputs = job.kind === "list" ? ["input"] : job.columnParts.filter((part) => rows.some((row) => part in row));
  const inputHead = oneLine(inputs.join(" + ") || "input");
  const outputs = outputColumns(rows, job).map((name) => ({
    head: oneLine(name),
    cells: rows.map((row) => shownCell(row[name], job.labelProbabilities)),
  }));
  const share = Math.floor(width / 2 / outputs.length);
  const widths = outputs.map(({ head, cells }) =>
    Math.max(head.length, Math.min(share, Math.max(...cells.map((cell) => cell.length)))),
  );
  const inputWidth = Math.max(20, width - widths.reduce((sum, one) => sum + one + 2, 2));
  return renderTable(
    [
      { head: shorten(inputHead, inputWidth), width: inputWidth },
      ...outputs.map(({ head }, at) => ({ head, width: widths[at] as number })),
    ],
    rows.map((row, i) => [
      shorten(cellText(inputs.map((name) => cellText(row[name])).join(" ")), inputWidth),
      ...outputs.map(({ cells }, at) => shorten(cells[i] ?? "", 3 * (widths[at] as number))),
    ]),
  );
}

/** A probability in three decimals: the files have all. */
function shownCell(value: unknown, hasProbabilities: boolean): string {
  return hasProbabilities && typeof value === "number" ? value.toFixed(3) : cellText(value);
}

/** The output column, with its probability where it has one, or where it is not there, because it was unpacked, what the input had not. */
function outputColumns(
  rows: readonly Record<string, unknown>[],
  job: Pick<JobRecord, "outputColumn" | "kind" | "columns" | "labelProbabilities">,
): string[] {
  const names = Object.keys(rows[0] ?? {});
  const place = names.indexOf(job.outputColumn);
  // the label's probability stands right behind it, whatever it is called (planColumns)
  if (place >= 0) return names.slice(place, place + (job.labelProbabilities ? 2 : 1));
  const inputs = job.kind === "list" ? ["input"] : job.columns.map(({ name }) => name);
  const added = names.filter((name) => !inputs.includes(name));
  return added.length > 0 ? added : [job.outputColumn];
}
