import type { Column, ColumnType } from "../data/index.js";
import { InputError } from "../errors.js";
import { naming, option } from "../optionNames.js";
import { extraColumns } from "./extraColumns.js";
import type { ResultShape } from "./result.js";

/** Where a result column's values come from. */
export type ColumnOrigin =
  | "input"
  | "prompt"
  | "output"
  | "key"
  | "probability"
  | "probabilities"
  | "label"
  | "confidence"
  | "extra"
  | "error";

export interface ResultColumn extends Column {
  readonly origin: ColumnOrigin;
  /** The input column's name, or the JSON key; else as `name`. */
  readonly from: string;
}

/** The columns of a job's results, in order: the input's (for a list the prompt as "input"), the output or one column a
 *  JSON key, `probability`, `probabilities` (unpacked: `probability_<choice>` for each), `confidence`, the extra columns, `<outputColumn>_error`. A key and the names that Rowmill gives get the output column's name
 *  before them where they are taken (all names of probabilities where one of them is); the output column's own is the caller's to choose.
 *  @throws {InputError} ROWMILL_DUPLICATE_COLUMN when a column of the output column's name stands beside it */
export function planColumns(shape: ResultShape): readonly ResultColumn[] {
  const columns: ResultColumn[] = [];
  const has = (name: string) => columns.some((column) => column.name === name);
  const add = (name: string, origin: ColumnOrigin, type: ColumnType, isTaken = has(name), from = name) => {
    const storage = origin === "input" ? shape.columns.find((column) => column.name === name)?.storage : undefined;
    columns.push({
      ...(storage !== undefined && { storage }),
      name: isTaken ? freeName(`${shape.outputColumn}_${name}`, columns) : name,
      origin,
      from,
      type,
    });
  };
  if (shape.includeInputs && shape.kind === "list") add("input", "prompt", "string");
  if (shape.includeInputs) for (const column of shape.columns) add(column.name, "input", column.type);
  if (shape.unpackJson && shape.unpackedColumns !== null) {
    for (const { name, type } of shape.unpackedColumns) add(name, "key", type);
  } else {
    checkOutputColumn(columns, shape.outputColumn);
    add(shape.outputColumn, "output", shape.unpackJson && shape.outputIs !== "text" ? "json" : "string");
  }
  if (hasLabels(shape)) {
    const each = shape.unpackJson ? (shape.labels ?? []).map((label) => ({ name: `probability_${label}`, label })) : [];
    const isTaken = ["probability", "probabilities", ...each.map(({ name }) => name)].some(has);
    add("probability", "probability", "number", isTaken);
    if (!shape.unpackJson) add("probabilities", "probabilities", "json", isTaken);
    for (const { name, label } of each) add(name, "label", "number", isTaken, label);
  }
  if (hasConfidence(shape)) add("confidence", "confidence", "json");
  for (const { name, type } of extraColumns(shape)) add(name, "extra", type);
  if (shape.includeErrors) add(`${shape.outputColumn}_error`, "error", "string");
  return columns;
}

/** Whether the results have probabilities of labels. */
function hasLabels({ labels }: ResultShape): boolean {
  return labels !== undefined && labels !== null;
}

/** Whether the results have probabilities of their fields' labels. */
function hasConfidence({ confidence }: ResultShape): boolean {
  return confidence !== undefined && confidence !== null;
}

/** Whether a row's result is more than its output. */
export function hasMoreThanOutput(shape: ResultShape): boolean {
  return shape.includeInputs || extraColumns(shape).length > 0 || hasLabels(shape) || hasConfidence(shape);
}

/** @throws {InputError} ROWMILL_DUPLICATE_COLUMN when the input has a column of the output column's name */
export function checkOutputColumn(columns: readonly Column[], outputColumn: string): void {
  if (!columns.some((column) => column.name === outputColumn)) return;
  throw new InputError(
    "ROWMILL_DUPLICATE_COLUMN",
    naming`The input already has a column "${outputColumn}". Choose another name for the results by the option ${option("outputColumn")}.`,
  );
}

function freeName(name: string, columns: readonly Column[]): string {
  return columns.some((column) => column.name === name) ? freeName(`${name}_`, columns) : name;
}
