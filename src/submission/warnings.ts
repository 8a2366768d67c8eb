import { listed, quoted } from "../foreignText.js";
import type { JobWarning } from "../jobs/index.js";
import { type NamingText, naming, option, programText } from "../optionNames.js";
import type { CompiledOutput, OutputForm } from "../output/index.js";
import type { CheckedOptions } from "./options.js";
import type { PromptColumns } from "./promptColumns.js";
import type { RowCounter, Totals } from "./rowCounter.js";

/** Where a submission says what it warns of. */
export type Warn = (warning: JobWarning) => void;

/** A warning that names options and counts nothing. */
export function namingWarning(code: JobWarning["code"], parts: NamingText): JobWarning {
  return { code, text: programText(parts), count: null, parts };
}

/** What the form of the output says in vain. */
export function formWarnings(
  form: OutputForm | null,
  output: Pick<CompiledOutput, "notes" | "ignored"> | null,
  stop: readonly string[],
): JobWarning[] {
  const warnings: JobWarning[] = [];
  for (const text of output?.notes ?? []) warnings.push({ code: "SCHEMA_NOTE", text, count: null });
  for (const part of output?.ignored ?? [])
    warnings.push({ code: "SCHEMA_IGNORED", text: `the schema's ${part}`, count: null });
  if (form?.kind === "schema" && stop.length > 0)
    warnings.push({
      code: "STOP_IN_JSON",
      text: "a stop string (samplingParams.stop) can end an output within its JSON, and such a row fails",
      count: null,
    });
  return warnings;
}

/** What no grammar holds, and where a row that fails its check can't be repaired by running again. */
export function checkWarnings(
  checked: readonly string[],
  options: CheckedOptions,
  counters: readonly RowCounter[],
): JobWarning[] {
  if (checked.length === 0) return [];
  const isIdle = options.schemaRetries > 0 && counters.some(({ sampling }) => sampling.temperature === 0);
  const advice =
    "; at temperature 0 a row that fails is not run again, since it would write the same (a sampling temperature above 0 lets it)";
  const text = `checked after generation: ${listed(checked, String)}${isIdle ? advice : ""}`;
  return [{ code: "CHECKED_AFTERWARDS", text, count: checked.length }];
}

/** How the columns of a prompt stand beside each other. */
export function columnWarnings({ wordsAsText, sideBySide }: PromptColumns): JobWarning[] {
  const words = [...new Set(wordsAsText)].map(
    (word): JobWarning => ({
      code: "WORD_AS_TEXT",
      text: `${quoted(word)} is no column and stands as text between the columns`,
      count: null,
    }),
  );
  const touching = sideBySide.map(
    ([left, right]): JobWarning =>
      namingWarning(
        "COLUMNS_TOUCH",
        naming`nothing stands between the columns ${quoted(left)} and ${quoted(right)}: their texts run into each other; give a separator, as in ${option("column", [left, "\n", right])}`,
      ),
  );
  return [...words, ...touching];
}

/** @param totals of the rows, which are the same for each model */
export function emptyRowWarnings(totals: Totals | undefined): JobWarning[] {
  const count = totals?.emptyRows ?? 0;
  if (count === 0) return [];
  const have = count === 1 ? "has no text: its" : "have no text: their";
  return [{ code: "EMPTY_ROWS", text: `${count} of ${totals?.rows} rows ${have} prompt is empty`, count }];
}

export function longRowWarnings({ model, totals, ruler }: RowCounter, isCut: boolean): JobWarning[] {
  const { tooLongRows: count, rows } = totals;
  if (count === 0) return [];
  const isOne = count === 1;
  if (!ruler.isExact) {
    const guess = `about ${count} of ${rows} rows may be longer than ${model.name} holds, by the length of their texts`;
    return [
      { code: "LONG_ROWS", text: `${guess}: what is, ${isCut ? "is cut to fit" : "becomes an error row"}`, count },
    ];
  }
  const cut = isOne ? "is cut to fit" : "are cut to fit";
  const failed = isOne ? "becomes an error row" : "become error rows";
  const text = `${count} of ${rows} rows ${isOne ? "is" : "are"} longer than ${model.name} holds and ${isCut ? cut : failed}`;
  return [{ code: "LONG_ROWS", text, count }];
}
