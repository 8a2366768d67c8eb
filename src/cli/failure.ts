import { CommanderError } from "commander";
import { EXIT, messageOf, RowmillError } from "../errors.js";
import { messageColors, say } from "./output.js";

export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    the job failed
  2    bad input: options, files, columns, schema, model, quota; nothing was started
  3    the job was cancelled
  4    the time given with --timeout is over; the job goes on
  70   a bug in Rowmill, reported with its stack
  130  Ctrl-C; a job that was submitted goes on`;

/** What the machine, not the program, got wrong: a line tells it, a stack would not. */
const MACHINE_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
};

/** Tells an error, one line for a user's mistake and the stack for a bug, and gives the exit code it leads to. */
export function reportFailure(thrown: unknown): number {
  const error = firstOf(thrown);
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
  if (error instanceof RowmillError) {
    sayError(`${error.message} ${messageColors.dim(`[${error.code}]`)}`);
    return error.exitCode;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = MACHINE_ERRORS[code];
  if (reason !== undefined) {
    sayError(`${reason}: ${messageOf(error)}`);
    return EXIT.badInput;
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  sayError("this is a bug in Rowmill: please report it with the lines above");
  return EXIT.bug;
}

/** What went wrong first, where closing a resource then failed as well (a SuppressedError). */
function firstOf(error: unknown): unknown {
  const isSuppressed = error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return isSuppressed ? firstOf(error.suppressed) : error;
}

/** One line, whatever the text held. */
export function sayError(text: string): void {
  say(`${messageColors.red("error:")} ${text.trim().replace(/\s*\n\s*/g, " ")}`);
}
