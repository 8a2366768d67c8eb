import type { Door, JobRecord } from "./door.js";
import { print, screenWidth } from "./output.js";
import { formatCount } from "./quantities.js";
import { cellText, renderTable, shorten } from "./table.js";

const PREVIEW_ROWS = 5;
/** The facade gives results whole; more rows than this are not read for the sake of a glance. */
const LARGEST_PREVIEWED_JOB = 20_000;

/** Shows a finished job's first rows, input beside output, and says how to get all of them. */
export async function showPreview(door: Door, job: JobRecord): Promise<void> {
  if (job.rowsTotal > 0 && job.rowsTotal <= LARGEST_PREVIEWED_JOB) {
    const rows = await door.mill.getJobResults(job.jobId, { includeInputs: true, format: "array" });
    print(renderPreview((rows as Record<string, unknown>[]).slice(0, PREVIEW_ROWS), job, screenWidth(100)));
    if (job.rowsTotal > PREVIEW_ROWS) print(`… ${formatCount(job.rowsTotal - PREVIEW_ROWS)} more rows`);
  }
  door.say(`All results: ${door.command("jobs", "results", job.jobId, "--output", "results.csv")}`);
}

/** The first prompt columns in one column, the output in another. */
export function renderPreview(
  rows: readonly Record<string, unknown>[],
  job: Pick<JobRecord, "columnParts" | "outputColumn" | "kind">,
  width: number,
): string {
  const inputs = job.kind === "list" ? ["input"] : job.columnParts.filter((part) => rows.some((row) => part in row));
  const inputHead = inputs.join(" + ") || "input";
  const outputHead = job.outputColumn;
  const outputs = rows.map((row) => cellText(row[outputHead]));
  const outputWidth = Math.max(
    outputHead.length,
    Math.min(Math.floor(width / 2), Math.max(...outputs.map((o) => o.length))),
  );
  const inputWidth = Math.max(20, width - outputWidth - 4);
  return renderTable(
    [
      { head: shorten(inputHead, inputWidth), width: inputWidth },
      { head: outputHead, width: outputWidth },
    ],
    rows.map((row, i) => [
      shorten(cellText(inputs.map((name) => cellText(row[name])).join(" ")), inputWidth),
      shorten(outputs[i] ?? "", 3 * outputWidth),
    ]),
  );
}
