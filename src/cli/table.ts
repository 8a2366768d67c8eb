import Table from "cli-table3";
import { stringifyExact } from "../exactNumbers.js";
import { oneLine } from "../foreignText.js";
import { resultColors, visibleBesideColors } from "./output.js";

export interface TableColumn {
  readonly head: string;
  /** Width in terminal columns; the widest cell's when it is not given. */
  readonly width?: number;
  readonly align?: "left" | "right";
}

const noLines = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
  ].map((name) => [name, ""]),
);

/** A table with a rule under its head and no other lines: two spaces between columns. */
export function renderTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map(({ head }) => resultColors.bold(oneLine(head))),
    chars: noLines,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2, compact: true },
    colWidths: columns.map(({ width }) => (width === undefined ? null : width + 2)),
    colAligns: columns.map(({ align }) => align ?? "left"),
    wordWrap: true,
  });
  for (const row of rows) table.push(row.map(visibleBesideColors));
  return trimLines(table.toString());
}

/** Names and values under each other; a value longer than the line goes on below itself. */
export function renderPairs(
  pairs: readonly (readonly [name: string, value: string])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const nameWidth = pairs.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  const indent = " ".repeat(nameWidth + 2);
  return pairs
    .map(
      ([name, value]) =>
        `${resultColors.dim(oneLine(name).padEnd(nameWidth))}  ${wrapWords(oneLine(value), width - nameWidth - 2).join(`\n${indent}`)}`,
    )
    .join("\n");
}

/** Lines of at most `width` characters, broken between words. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Any value in one line, fit for a terminal: line ends and tabs are spaces, other controls are visible. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : (stringifyExact(value) ?? String(value));
  return oneLine(text).replace(/ +/g, " ").trim();
}

/** At most `length` characters, the cut marked. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, Math.max(0, length - 1))
        .join("")
        .trimEnd()}…`;
}

function trimLines(text: string): string {
  return text.replace(/[ \t]+$/gm, "");
}
