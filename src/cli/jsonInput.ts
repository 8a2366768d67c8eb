import { readFileSync, statSync } from "node:fs";
import { InputError, messageOf } from "../errors.js";
import { findJsonMistake } from "./jsonMistake.js";

/** The JSON of an option that takes a file's path or the JSON itself.
 *  @param option as the user wrote it, for messages: `--schema`
 *  @param code the error's code when it can't be read
 *  @param parse throws as JSON.parse does
 *  @throws {InputError} with the place (file, line, column) of the first mistake */
export function readJsonOption(
  option: string,
  given: string,
  code: string,
  parse: (text: string) => unknown = JSON.parse,
): unknown {
  const isInline = isInlineJson(given);
  const place = isInline ? option : `${option} ${given}`;
  const text = isInline ? given : readTextFile(place, given, code);
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError)
      throw new InputError(code, `${place} is nested deeper than can be read`, { cause: error });
    const { line, column, reason } = locateMistake(text, messageOf(error));
    throw new InputError(code, `${place} is no valid JSON: line ${line}, column ${column}: ${reason}`, {
      cause: error,
    });
  }
}

/** Whether what was given is the JSON itself, not a file's path. */
export function isInlineJson(given: string): boolean {
  return /^\s*[{[]/.test(given);
}

/** A file's text.
 *  @param place how messages call it
 *  @throws {InputError} with the code when it can't be read */
export function readTextFile(place: string, path: string, code: string): string {
  try {
    // a pipe has an end, `<(…)` is one; a device need not have
    const found = statSync(path);
    if (!found.isFile() && !found.isFIFO() && !found.isDirectory()) throw new Error("it is a device or socket");
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const { code: system = "" } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: "no such file", EISDIR: "it is a folder" }[system] ?? messageOf(error);
    throw new InputError(code, `${place}: ${reason}; give a file's path, or what it would hold in quotes`, {
      cause: error,
    });
  }
}

function locateMistake(text: string, message: string): { line: number; column: number; reason: string } {
  const before = text.slice(0, findJsonMistake(text) ?? text.length);
  const reason = message
    .replace(/ ?(in JSON )?at position \d+.*$/s, "")
    .replace(/, (\.\.\.)?".*is not valid JSON$/s, "");
  return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n"), reason: reason.trim() };
}
