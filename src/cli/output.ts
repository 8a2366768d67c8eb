import pc from "picocolors";
import { stringifyExact } from "../exactNumbers.js";
import { visibleText } from "../foreignText.js";
import { stateOf, whenWritten, writeAndWait, writeLine, writeWhileRead } from "../lastingStream.js";

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

/** A result that is somebody's text as it is, a path say: without colours, on stdout. */
export function printAsIs(text: string): void {
  writeWhileRead(process.stdout, `${process.stdout.isTTY ? visibleText(text) : text}\n`);
}

/** A result that was put together: a line, or several, on stdout. */
export function print(text: string): void {
  writeWhileRead(process.stdout, `${process.stdout.isTTY ? visibleBesideColors(text) : text}\n`);
}

/** A result as JSON on stdout, indented where a person reads it. */
export function printJson(value: unknown): void {
  print(stringifyExact(value, process.stdout.isTTY ? 2 : 0) as string);
}

/** Bytes on stdout as they are, but text made visible where a terminal shows it.
 *  @returns false when nobody reads them any more */
export async function printBytes(chunk: Uint8Array): Promise<boolean> {
  return await writeAndWait(process.stdout, process.stdout.isTTY ? visibleText(decodeText(chunk)) : chunk);
}

const decoder = new TextDecoder();
const decodeText = (chunk: Uint8Array): string => decoder.decode(chunk, { stream: true });

/** A message for the person at the terminal: a line on stderr, never on stdout.
 *  @param style a colour for all of it */
export function say(line: string, style?: (text: string) => string): void {
  writeLine(process.stderr, line, style);
}

/** Several lines on stderr: a bug's stack. */
export function sayLines(text: string): void {
  writeWhileRead(process.stderr, `${visibleText(text)}\n`);
}

/** Columns of the terminal that results are shown in; without one, as many as `otherwise`. */
export function screenWidth(otherwise: number): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns || 80) : otherwise;
}

/** From now on a reader that leaves (`rowmill … | head`) and a full disk end the printing, and nothing else. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stateOf(stream);
}

/** Why results that were printed did not arrive, null where they did or their reader had seen enough. */
export function printingFailure(): Error | null {
  const { failure } = stateOf(process.stdout);
  return failure?.code === "EPIPE" ? null : failure;
}

/** Ends the process when everything written has been taken: open handles of the engine must not keep it.
 *  @param settle asked when stdout has taken all of it: the code to end with */
export function exitWhenWritten(code: number, settle: () => number = () => code): void {
  process.exitCode = code;
  whenWritten(process.stdout, () => {
    const settled = settle();
    whenWritten(process.stderr, () => process.exit(settled));
  });
}

/** What picocolors writes, and nothing that moves, hides or renames anything. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const COLORS = /(\x1b\[(?:1|2|22|3[1-6]|39)m)/;

/** Text that was put together, in which nothing but our colours steers a terminal. */
export function visibleBesideColors(text: string): string {
  return text
    .split(COLORS)
    .map((piece, at) => (at % 2 === 1 ? piece : visibleText(piece)))
    .join("");
}
