import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { canTest } from "../wanted.js";
import type { Desk } from "./runRowmill.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Whether a command can be given a terminal of its own here: by util-linux's `script`. */
export const HAS_TERMINALS = canTest(
  "terminal",
  process.platform === "linux" && existsSync("/usr/bin/script"),
  "what only a terminal shows (there is no /usr/bin/script)",
);

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** What is typed, once the terminal shows what it answers. */
  readonly typed?: { readonly behind: string; readonly text: string };
}

export interface Shown {
  readonly code: number | null;
  /** All that came to the terminal, in order. */
  readonly shown: string;
}

/** Runs the built command in a terminal of its own, both of its streams and its input on it. */
export async function runInTerminal(
  desk: Desk,
  words: readonly string[],
  { columns = 80, env = {}, typed }: TerminalOptions = {},
): Promise<Shown> {
  const quoted = [process.execPath, MAIN, ...words].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = spawn("script", ["-qec", `stty cols ${columns} rows 40; exec ${quoted}`, "/dev/null"], {
    cwd: desk.folder,
    env: { ...process.env, SHELL: "/bin/sh", ROWMILL_HOME: desk.home, NO_COLOR: "1", FORCE_COLOR: undefined, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  let isTyped = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    if (typed === undefined || isTyped || !shown.includes(typed.behind)) return;
    isTyped = true;
    child.stdin.write(typed.text);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, shown };
}

/** What a terminal's lines hold in the end: what was drawn over or erased is gone. */
export function screenLines(shown: string): string[] {
  const lines = [""];
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  for (const [piece] of shown.matchAll(/\x1b\[[?\d]*[A-Za-z]|\r|\n|[^\x1b\r\n]+/g)) {
    const line = lines.at(-1) as string;
    if (piece === "\n") lines.push("");
    if (piece === "\n" || piece === "\r") column = 0;
    else if (piece === "\x1b[K") lines[lines.length - 1] = line.slice(0, column);
    else if (!piece.startsWith("\x1b")) {
      lines[lines.length - 1] = line.slice(0, column) + piece + line.slice(column + piece.length);
      column += piece.length;
    }
  }
  return lines;
}
