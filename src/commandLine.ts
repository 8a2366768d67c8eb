import { homedir } from "node:os";
import { basename, join, relative, resolve } from "node:path";

/** The home that is used where nobody names one: ROWMILL_HOME, else ~/.rowmill. */
export function defaultHome(): string {
  return process.env.ROWMILL_HOME ?? join(homedir(), ".rowmill");
}

/** A command that works when it is copied from a message: called as this process was called, with --home where the home is
 *  another than the default. Every message that names a command has it from here. */
export function commandFor(home: string, ...words: string[]): string {
  const isDefault = resolve(home) === resolve(defaultHome());
  return [...ownProgram(), ...(isDefault ? [] : ["--home", home]), ...words].map(shellWord).join(" ");
}

/** What this process is called by. */
export function ownProgram(): string[] {
  return programWords(process.argv[1] ?? "", process.env.npm_command);
}

/** `rowmill` where it was found on the PATH, else `npx rowmill` or `node dist/cli/main.js`. In another program's process it
 *  is `npx rowmill`, which works in its project. */
export function programWords(script: string, npmCommand: string | undefined): string[] {
  if (basename(script).replace(/\.(cmd|ps1)$/, "") === "rowmill" && npmCommand !== "exec") return ["rowmill"];
  return /(^|[/\\])cli[/\\]main\.js$/.test(script) ? ["node", pathFromHere(script)] : ["npx", "rowmill"];
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
