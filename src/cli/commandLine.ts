import { basename, relative } from "node:path";
import type { Command } from "commander";

/** Writes commands that work when they are copied from a message: called the way this process was called, with the
 *  same --home. */
export function commandWriter(command: Command): (...words: string[]) => string {
  const { home } = command.optsWithGlobals<{ home?: string }>();
  const program = programWords(process.argv[1] ?? "rowmill", process.env.npm_command);
  const start = [...program, ...(home === undefined ? [] : ["--home", home])];
  return (...words) => [...start, ...words].map(shellWord).join(" ");
}

/** `rowmill` where it was found on the PATH, else `npx rowmill` or `node dist/cli/main.js`. */
export function programWords(script: string, npmCommand: string | undefined): string[] {
  if (basename(script).replace(/\.(cmd|ps1)$/, "") !== "rowmill") return ["node", pathFromHere(script)];
  return npmCommand === "exec" ? ["npx", "rowmill"] : ["rowmill"];
}

/** Relative to the current folder where it lies in it, else as it is. */
export function pathFromHere(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
