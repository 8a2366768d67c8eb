import { appendFileSync, readFileSync, renameSync, rmSync } from "node:fs";
import { untoldPath } from "./layout.js";

/** More are the same again and again. */
const MOST_LINES = 5;

/** Keeps a line about the home that nobody sees now (a runner has no terminal, a program may print nothing) for the next command
 *  that somebody reads. */
export function keepUntold(home: string, line: string): void {
  try {
    appendFileSync(untoldPath(home), `${line}\n`, { mode: 0o600 });
  } catch {
    // a full disk, or one that is read-only: the repair stands, and the runner's log may have it
  }
}

/** Takes the lines that were kept: each is given once, to one process. */
export function takeUntold(home: string): string[] {
  const mine = `${untoldPath(home)}.${process.pid}`;
  try {
    renameSync(untoldPath(home), mine);
    const lines = [...new Set(readFileSync(mine, "utf8").split("\n").filter(Boolean))];
    rmSync(mine);
    const more = lines.length - MOST_LINES;
    return more > 0
      ? [...lines.slice(0, MOST_LINES), `warning: and ${more} lines of the kind; runner.log has them`]
      : lines;
  } catch {
    return []; // nothing is kept, or another process took it
  }
}
