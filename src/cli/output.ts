import pc from "picocolors";

/** Colours where a terminal shows them, not where a CI's environment variable promises one: output that a program reads
 *  stays plain (https://no-color.org). */
function colorsFor(stream: NodeJS.WriteStream) {
  const isShown = Boolean(process.env.FORCE_COLOR) || (stream.isTTY && process.env.TERM !== "dumb");
  return pc.createColors(Boolean(isShown) && !process.env.NO_COLOR);
}

/** For stdout, where results go. */
export const resultColors = colorsFor(process.stdout);
/** For stderr, where messages go. */
export const messageColors = colorsFor(process.stderr);

/** A result: one line on stdout. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A result as JSON on stdout, indented where a person reads it. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0));
}

/** A message for the person at the terminal: stderr, never stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Columns of the terminal that results are shown in; without one, as many as `otherwise`. */
export function screenWidth(otherwise: number): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns || 80) : otherwise;
}

/** Leaves in silence when the reader of a pipe has seen enough (`rowmill … | head`). */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
}

/** Ends the process when everything written has been taken: open handles of the engine must not keep it. */
export function exitWhenWritten(code: number): void {
  process.exitCode = code;
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
