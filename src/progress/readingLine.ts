import { LiveLine } from "./liveLine.js";

const REDRAW_MS = 250;
const SHOW_AFTER_MS = 1000;

/** Says in a terminal how many rows have been read, when that takes more than a moment; says nothing elsewhere. */
export class ReadingLine {
  readonly #stream: NodeJS.WriteStream | null;
  readonly #startMs = performance.now();
  #line: LiveLine | null = null;
  #drawnMs = 0;

  constructor(stream: NodeJS.WriteStream | null) {
    this.#stream = stream?.isTTY ? stream : null;
  }

  show(rows: number): void {
    const now = performance.now();
    if (this.#stream === null || now - this.#startMs < SHOW_AFTER_MS || now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    this.#line ??= new LiveLine(this.#stream);
    this.#line.draw(`Reading and counting rows: ${rows.toLocaleString("en-US")}`);
  }

  /** Takes the line away again. */
  clear(): void {
    this.#line?.clear();
    this.#line?.[Symbol.dispose]();
    this.#line = null;
  }
}
