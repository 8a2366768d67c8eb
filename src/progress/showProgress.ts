import { writeLine } from "../lastingStream.js";
import { beforeProcessEnds } from "../processEnd.js";
import { formatProgress, formatProgressLine } from "./formatProgress.js";
import { LiveLine } from "./liveLine.js";
import type { Progress } from "./progress.js";
import type { ProgressEmitter } from "./progressEmitter.js";

/** How progress is shown: "auto" draws a bar on a terminal and writes lines elsewhere. */
export const PROGRESS_MODES = ["auto", "bar", "lines", "none"] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** Whether a line is drawn over and over; else whole lines are written, if any. */
export function drawsBar({ isTTY }: NodeJS.WriteStream, mode: ProgressMode): boolean {
  return mode === "bar" || (mode === "auto" && isTTY);
}

export interface ShowProgressOptions {
  /** Stops showing (the job goes on); the promise then gives the last snapshot shown. */
  readonly signal?: AbortSignal;
  /** Default "auto". */
  readonly mode?: ProgressMode;
  /** Where lines are written: seconds between two. Default 60, for logs that are kept. */
  readonly lineSeconds?: number;
}

interface Display {
  show(snapshot: Progress): void;
  end(last: Progress | null): void;
}

/** Shows a job's progress until its end: a bar that is redrawn in place on a terminal, else a line a minute.
 *  @returns the last snapshot; null when stopped before there was any
 *  @throws whatever the emitter fails with */
export async function showProgress(
  emitter: ProgressEmitter,
  stream: NodeJS.WriteStream,
  options: ShowProgressOptions = {},
): Promise<Progress | null> {
  const display = displayFor(stream, options);
  const snapshots = emitter[Symbol.asyncIterator]();
  const stop = () => void snapshots.return?.();
  options.signal?.addEventListener("abort", stop, { once: true });
  let last: Progress | null = null;
  try {
    if (options.signal?.aborted) stop();
    for (let step = await snapshots.next(); !step.done; step = await snapshots.next()) {
      last = step.value;
      display.show(last);
    }
  } finally {
    options.signal?.removeEventListener("abort", stop);
    display.end(last);
  }
  return last;
}

function displayFor(stream: NodeJS.WriteStream, { mode = "auto", lineSeconds = 60 }: ShowProgressOptions): Display {
  if (mode === "none") return { show: () => undefined, end: () => undefined };
  return drawsBar(stream, mode) ? new LiveBar(stream) : new LineLog(stream, lineSeconds * 1000);
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_BELOW = "\x1b[J";
/** Of a stream that does not say. */
const USUAL_COLUMNS = 80;

/** One line of a terminal, drawn over and over; the last drawing stays. */
class LiveBar implements Display {
  readonly #stream: NodeJS.WriteStream;
  readonly #line: LiveLine;
  readonly #processEnd: Disposable;
  #shown: Progress | null = null;
  #shownWidth = 0;
  readonly #redraw = () => {
    if (!this.#shown) return;
    // A terminal that became narrower has folded the line; the cursor stands at the end of its last piece.
    const pieces = Math.max(1, Math.ceil(this.#shownWidth / this.#columns));
    if (pieces > 1) this.#line.raw(`\x1b[${pieces - 1}A\r${CLEAR_BELOW}`);
    this.show(this.#shown);
  };

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#line = new LiveLine(stream);
    stream.on("resize", this.#redraw);
    // a signal that ends the process must not leave it without a cursor
    this.#processEnd = beforeProcessEnds(() => this.#leave(), { isForEverySignal: true });
    this.#line.raw(HIDE_CURSOR);
  }

  get #columns(): number {
    return this.#stream.columns || USUAL_COLUMNS;
  }

  show(snapshot: Progress): void {
    // One column stays free: a character in the last one makes some terminals go on to the next line.
    const line = formatProgress(snapshot, this.#columns - 1);
    this.#shown = snapshot;
    this.#shownWidth = line.length;
    this.#line.draw(line);
  }

  end(): void {
    this.#stream.off("resize", this.#redraw);
    this.#processEnd[Symbol.dispose]();
    this.#leave();
    this.#line[Symbol.dispose]();
  }

  #leave(): void {
    this.#line.leave();
    this.#line.raw(SHOW_CURSOR);
  }
}

/** A line now and then, and always the last. */
class LineLog implements Display {
  readonly #stream: NodeJS.WriteStream;
  readonly #everyMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #isLastWritten = false;

  constructor(stream: NodeJS.WriteStream, everyMs: number) {
    this.#stream = stream;
    this.#everyMs = everyMs;
  }

  show(snapshot: Progress): void {
    const nowMs = performance.now();
    this.#isLastWritten = nowMs - this.#lastMs >= this.#everyMs;
    if (this.#isLastWritten) {
      this.#lastMs = nowMs;
      this.#write(snapshot);
    }
  }

  end(last: Progress | null): void {
    if (last && !this.#isLastWritten) this.#write(last);
  }

  #write(snapshot: Progress): void {
    writeLine(this.#stream, formatProgressLine(snapshot));
  }
}
