import { Argument, InvalidArgumentError, Option } from "commander";
import { ownProgram } from "../commandLine.js";
import { JSON_STYLES } from "../jsonStyle.js";
import { SCHEMA_IN_PROMPT } from "../schemaInPrompt.js";
import { screenWidth } from "./output.js";
import { wrapWords } from "./table.js";

/** Every command that prints has it. */
export const jsonOption = () => new Option("--json", "print JSON on stdout");

export const jobArgument = () => new Argument("<id>", "the job's id, as `infer` and `jobs list` print it");

export const styleOption = () =>
  new Option("--style <style>", "white space in a schema's outputs (default: spaced)").choices(JSON_STYLES);

export const schemaInPromptOption = () =>
  new Option(
    "--schema-in-prompt <mode>",
    "what of the schema the model reads: nothing, the fields' descriptions and titles (default), all of it",
  ).choices(SCHEMA_IN_PROMPT);

export const formulasOption = () =>
  new Option(
    "--csv-formulas <mode>",
    "escape: in CSV and TSV an apostrophe before texts that a spreadsheet would run as formulas (default: keep)",
  ).choices(["keep", "escape"]);

export const timeoutOption = () =>
  new Option("--timeout <seconds>", "stop watching after so many seconds; the job goes on, exit code 4").argParser(
    parsePositive,
  );

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

const WHOLE = /^-?\d{1,15}$/;

/** A whole number; which ones there are the facade knows. */
export function parseCount(text: string): number {
  if (!WHOLE.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** A number, also a broken one; which ones there are the facade knows. */
export function parseAmount(text: string): number {
  if (text.trim() === "" || !Number.isFinite(Number(text))) throw new InvalidArgumentError("It must be a number.");
  return Number(text);
}

/** `5` or `5%`; which shares there are the facade knows. */
export function parseMaxFailed(text: string): number | `${number}%` {
  if (text.endsWith("%")) return text as `${number}%`;
  if (!WHOLE.test(text)) throw new InvalidArgumentError("It must be a whole number, or a share such as 5%.");
  return Number(text);
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  // setTimeout's longest wait
  return Math.min(value, 2_147_483);
}

/** The examples at the end of a command's help, with `rowmill` called as this process was. */
export function examples(lines: readonly (readonly [command: string, meaning: string])[]): string {
  const program = ownProgram().join(" ");
  const shown = lines.map(
    ([command, meaning]) => `  # ${meaning}\n  $ ${command.replace(/\browmill(?= )/g, () => program)}`,
  );
  return `\nExamples:\n${shown.join("\n")}\n`;
}

/** What stands behind a command's help, broken between words where the rest of the help is. */
export function helpLines(text: string): string {
  return wrapWords(text, helpWidth()).join("\n");
}

/** Names and meanings below a title, in the width of the help. */
export function helpPairs(title: string, pairs: readonly (readonly [name: string, meaning: string])[]): string {
  const nameWidth = Math.max(...pairs.map(([name]) => name.length));
  const indent = " ".repeat(nameWidth + 4);
  const lines = pairs.map(
    ([name, meaning]) =>
      `  ${name.padEnd(nameWidth)}  ${wrapWords(meaning, helpWidth() - indent.length).join(`\n${indent}`)}`,
  );
  return `${title}\n${lines.join("\n")}`;
}

const helpWidth = (): number => screenWidth(80);
