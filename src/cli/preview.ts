import { oneLine } from "../foreignText.js";
import type { Door, JobRecord } from "./door.js";
import { print, screenWidth } from "./output.js";
import { type OutputShape, shapeWords } from "./outputShape.js";
import { formatCount } from "./quantities.js";
import { cellText, renderTable, shorten } from "./table.js";

const PREVIEW_ROWS = 5;
/** Where no terminal says its width. */
const PLAIN_WIDTH = 100;
const LEAST_INPUT_WIDTH = 20;
/** Of an output's column: less says nothing. */
const LEAST_WIDTH = 8;
/** Of the width, what a column's name may take. */
const NAME_SHARE = 0.3;
const GAP = 2;

type ShownJob = Pick<JobRecord, "columnParts" | "outputColumn" | "kind" | "columns" | "labelProbabilities">;

/** Shows a finished job's first rows, input beside output, and says how to get all of them. */
export async function showPreview(door: Door, job: JobRecord, shape: OutputShape): Promise<void> {
  if (job.rowsTotal > 0) {
    const { unpackJson, includeFinishReason } = shape;
    const options = {
      includeInputs: true,
      format: "array",
      unpackJson,
      includeFinishReason,
      to: PREVIEW_ROWS,
    } as const;
    const rows = await door.mill.getJobResults<Record<string, unknown>>(job.jobId, options);
    print(renderPreview(rows, job, screenWidth(PLAIN_WIDTH)));
    if (job.rowsTotal > PREVIEW_ROWS) print(`… ${formatCount(job.rowsTotal - PREVIEW_ROWS)} more rows`);
  }
  // the plain command was said at the job's end
  const words = shapeWords(shape);
  if (words.length > 0)
    door.say(`All results: ${door.command("jobs", "results", job.jobId, ...words, "--output", "results.csv")}`);
}

/** The prompt in one column, as the model reads it, under the names of its columns, then the output, or the output's keys, in columns of their own: as many as the width takes. */
export function renderPreview(rows: readonly Record<string, unknown>[], job: ShownJob, width: number): string {
  const inputs = job.kind === "list" ? ["input"] : job.columnParts.filter((part) => rows.some((row) => part in row));
  const inputHead = oneLine(inputs.join(", ") || "input");
  const all = outputColumns(rows, job);
  const share = Math.max(LEAST_WIDTH, Math.floor(width / 2 / all.length));
  const longestName = Math.floor(width * NAME_SHARE);
  const outputs = all.map((name) => {
    const cells = rows.map((row) => shownCell(row[name], job.labelProbabilities));
    const head = oneLine(name);
    const widest = Math.max(...cells.map((text) => text.length));
    return { head, cells, width: Math.max(Math.min(head.length, longestName), Math.min(widest, share)) };
  });
  const room = width - LEAST_INPUT_WIDTH;
  let taken = 0;
  // the first one always: a terminal is never narrower than that
  const shown = outputs.filter(({ width: one }, at) => {
    taken += GAP + one;
    return at === 0 || taken <= room;
  });
  const inputWidth = width - shown.reduce((sum, one) => sum + GAP + one.width, 0);
  const table = renderTable(
    [
      { head: shorten(inputHead, inputWidth), width: inputWidth },
      ...shown.map((one) => ({ head: shorten(one.head, one.width), width: one.width })),
    ],
    rows.map((row, at) => [
      shorten(cellText(promptOf(row, job)), inputWidth),
      ...shown.map((one) => shorten(one.cells[at] ?? "", 3 * one.width)),
    ]),
  );
  const hidden = outputs.slice(shown.length).map(({ head }) => head);
  return hidden.length === 0 ? table : `${table}\n${shorten(`… and the columns ${hidden.join(", ")}`, width)}`;
}

/** What stands between columns is between their values too. */
function promptOf(row: Readonly<Record<string, unknown>>, { kind, columnParts }: ShownJob): string {
  if (kind === "list") return cellText(row.input);
  return columnParts.map((part) => (part in row ? cellText(row[part]) : part)).join("");
}

/** A probability in three decimals: the files have all. */
function shownCell(value: unknown, hasProbabilities: boolean): string {
  return hasProbabilities && typeof value === "number" ? value.toFixed(3) : cellText(value);
}

/** What tells how an output ended, whatever stands before it (planColumns). */
const FINISH = /(^|_)(finish_reason|input_truncated)$/;

/** The output column, with its probability where it has one and how it ended where that was asked for, or where it is not there,
 *  because it was unpacked, what the input had not. */
function outputColumns(rows: readonly Record<string, unknown>[], job: ShownJob): string[] {
  const names = Object.keys(rows[0] ?? {});
  const place = names.indexOf(job.outputColumn);
  // the label's probability stands right behind it, whatever it is called (planColumns)
  const own = place + (job.labelProbabilities ? 2 : 1);
  if (place >= 0) return [...names.slice(place, own), ...names.slice(own).filter((name) => FINISH.test(name))];
  const inputs = job.kind === "list" ? ["input"] : job.columns.map(({ name }) => name);
  const added = names.filter((name) => !inputs.includes(name));
  return added.length > 0 ? added : [job.outputColumn];
}
