import type { DemoOutcome, ScoredRow } from "./demoScore.js";
import type { DemoTable } from "./demoTables.js";
import { resultColors } from "./output.js";
import { formatCount, formatPercent } from "./quantities.js";
import { cellText, renderTable, shorten } from "./table.js";

const PREVIEW_ROWS = 5;
const BAR_CELLS = 20;
const GAP = 2;

/** A table's first rows with the model's answers: right ones green, wrong ones red with the label below. */
export function renderAnswers(table: DemoTable, rows: readonly ScoredRow[], width: number): string {
  const shown = rows.slice(0, PREVIEW_ROWS);
  const answerWidths = table.fields.map((field) =>
    Math.max(
      field.length,
      ...shown.flatMap(({ answers }) => [answers[field]?.given, answers[field]?.label].map(markedLength)),
    ),
  );
  const taken = answerWidths.reduce((sum, answerWidth) => sum + answerWidth + GAP, 0);
  const textWidth = Math.min(100, Math.max(20, width - taken - GAP - 1));
  const title = `${resultColors.bold(table.path)}, the first ${shown.length} of ${formatCount(rows.length)} rows; below a wrong answer the label`;
  const preview = renderTable(
    [
      { head: table.textColumn, width: textWidth },
      ...table.fields.map((field, at) => ({ head: field, width: answerWidths[at] ?? field.length })),
    ],
    shown.map(({ text, answers }) => [
      // word wrap leaves some of each line empty: this much stays within two lines
      shorten(cellText(text), Math.floor(textWidth * 1.75)),
      ...table.fields.map((field) => {
        const { given = null, label = null, isRight = false } = answers[field] ?? {};
        return isRight
          ? resultColors.green(`✓ ${mark(given)}`)
          : `${resultColors.red(`✗ ${mark(given)}`)}\n${resultColors.dim(`  ${mark(label)}`)}`;
      }),
    ]),
  );
  return `${title}\n\n${preview}`;
}

/** Share of right answers by field, over all rows. */
export function renderAccuracy(outcomes: readonly DemoOutcome[]): string {
  const fieldWidth = Math.max(
    ...outcomes.flatMap(({ table }) => table.fields.map((f) => `${table.name}  ${f}`.length)),
  );
  return outcomes
    .flatMap(({ table, score }) =>
      table.fields.map((field) => {
        const right = score.rightByField[field] ?? 0;
        const all = score.rows.length;
        const cells = Math.round((BAR_CELLS * right) / Math.max(1, all));
        const bar = `${resultColors.green("█".repeat(cells))}${resultColors.dim("░".repeat(BAR_CELLS - cells))}`;
        const name = `${table.name}  ${field}`.padEnd(fieldWidth);
        return `${name}  ${bar}  ${formatPercent(right, all).padStart(7)}  ${formatCount(right)} of ${formatCount(all)} right`;
      }),
    )
    .join("\n");
}

function mark(value: string | null): string {
  return value === null ? "null" : shorten(cellText(value), 20);
}

function markedLength(value: string | null | undefined): number {
  return mark(value ?? null).length + 2;
}
