import type { Command } from "commander";
import { commandFor } from "../commandLine.js";
import type { Rowmill } from "../rowmill.js";
import { flagWords } from "./flagWords.js";
import { say } from "./output.js";

export type JobRecord = Awaited<ReturnType<Rowmill["getJob"]>>;
export type JobDefaults = typeof import("../rowmill.js")["JOB_DEFAULTS"];
export type JobStatus = Awaited<ReturnType<Rowmill["getJobStatus"]>>;

/** What a command works with. */
export interface Door extends AsyncDisposable {
  readonly mill: Rowmill;
  /** A command that works when it is copied from a message. */
  readonly command: (...words: string[]) => string;
  /** Tells the person at the terminal, unless --quiet. */
  readonly say: typeof say;
  /** Whether only errors are told. */
  readonly isQuiet: boolean;
}

interface GlobalFlags {
  home?: string;
  quiet?: boolean;
  progress?: "auto" | "bar" | "lines" | "none";
}

/** Opens the facade with the global options. It is loaded only here, so that help and mistakes in options are quick. */
export async function openDoor(command: Command): Promise<Door> {
  const { home, quiet, progress } = command.optsWithGlobals<GlobalFlags>();
  const facade = await import("../rowmill.js");
  const mill = new facade.Rowmill({
    ...(home !== undefined && { home }),
    output: quiet ? null : process.stderr,
    optionWords: flagWords,
    ...(progress !== undefined && { progress }),
    ...(process.stdin.isTTY && process.stderr.isTTY && { confirmDownload: ask }),
  });
  return {
    mill,
    command: (...words) => commandFor(mill.home, ...words),
    say: quiet ? () => undefined : say,
    isQuiet: quiet === true,
    [Symbol.asyncDispose]: () => mill[Symbol.asyncDispose](),
  };
}

/** A question that only "y" and "yes" affirm. */
async function ask(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // an end of the input is no answer
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
  terminal.close();
  return /^\s*y(es)?\s*$/i.test(answer);
}
