import { CommanderError } from "commander";
import { EXIT, messageOf, RowmillError } from "../errors.js";
import { cutMiddle, messageLine } from "../foreignText.js";
import { flagWords } from "./flagWords.js";
import { exitWhenWritten, messageColors, printingFailure, say, sayLines } from "./output.js";

/** As docs/operating.md has them. */
export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done; single rows may have failed: the summary says how many and why"],
  [
    "1",
    "the job failed, its budget was used up, or too many of its rows failed (--max-failed); schema check: no value satisfies the schema",
  ],
  [
    "2",
    "stdout or a file can't be written (a job that ran keeps its results), or bad input: options, files, columns, schema, " +
      "model, quota; nothing was started",
  ],
  ["3", "cancelled"],
  ["4", "--timeout is over; the job goes on"],
  ["70", "a bug in Rowmill, reported with its stack"],
  ["130", "Ctrl-C; a job that was submitted goes on"],
];

/** What the machine, not the program, got wrong: a line tells it, a stack would not. */
const MACHINE_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  EIO: "the device failed",
};

function machineReason(error: unknown): string | undefined {
  return MACHINE_ERRORS[error instanceof Error && "code" in error ? String(error.code) : ""];
}

/** A stack behind a message of megabytes. */
const LONGEST_STACK = 6000;

/** Tells an error, one line for a user's mistake and the stack for a bug, and gives the exit code it leads to. */
export function reportFailure(thrown: unknown): number {
  const error = firstOf(thrown);
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
  if (error instanceof RowmillError) {
    sayError(error.messageIn(flagWords), error.code);
    return error.exitCode;
  }
  const reason = machineReason(error);
  if (reason !== undefined) {
    sayError(`${reason}: ${messageOf(error)}`);
    return EXIT.badInput;
  }
  sayLines(cutMiddle(error instanceof Error ? (error.stack ?? error.message) : String(error), LONGEST_STACK));
  sayError("this is a bug in Rowmill: please report it with the lines above");
  return EXIT.bug;
}

/** What went wrong first, where closing a resource then failed as well (a SuppressedError). */
function firstOf(error: unknown): unknown {
  const isSuppressed = error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return isSuppressed ? firstOf(error.suppressed) : error;
}

/** One line that fits on a screen, whatever the text held. */
export function sayError(text: string, code?: string): void {
  say(messageLine(text).trim(), (line) => {
    const tail = code === undefined ? "" : ` ${messageColors.dim(`[${code}]`)}`;
    return `${messageColors.red("error:")} ${line}${tail}`;
  });
}

/** Ends the process with a code; with one for bad input where all went well but that stdout could not take the results. */
export function end(code: number): void {
  exitWhenWritten(code, () => {
    const failure = printingFailure();
    if (failure === null) return code;
    const reason = machineReason(failure);
    sayError(`stdout can't be written: ${reason === undefined ? "" : `${reason}: `}${messageOf(failure)}`);
    return code === EXIT.ok ? EXIT.badInput : code;
  });
}
