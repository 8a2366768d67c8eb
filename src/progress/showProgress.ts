import { formatProgress, formatProgressLine } from "./formatProgress.js";
import type { Progress } from "./progress.js";
import type { ProgressEmitter } from "./progressEmitter.js";

export interface ShowProgressOptions {
  /** Stops showing (the job goes on); the promise then gives the last snapshot shown. */
  readonly signal?: AbortSignal;
  /** Where there is no terminal: seconds between two lines. Default 5. */
  readonly lineSeconds?: number;
}

/** Shows a job's progress until its end: a bar that is redrawn in place on a terminal, else a line every few seconds.
 *  @returns the last snapshot; null when stopped before there was any
 *  @throws whatever the emitter fails with */
export async function showProgress(
  emitter: ProgressEmitter,
  stream: NodeJS.WriteStream,
  options: ShowProgressOptions = {},
): Promise<Progress | null> {
  const display = stream.isTTY ? new LiveBar(stream) : new LineLog(stream, (options.lineSeconds ?? 5) * 1000);
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

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_TO_END_OF_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** One line of a terminal, drawn over and over; the last drawing stays. */
class LiveBar {
  readonly #stream: NodeJS.WriteStream;
  #shown: Progress | null = null;
  #shownWidth = 0;
  readonly #redraw = () => {
    if (!this.#shown) return;
    // A terminal that became narrower has folded the line; the cursor stands at the end of its last piece.
    const pieces = Math.max(1, Math.ceil(this.#shownWidth / this.#stream.columns));
    if (pieces > 1) this.#stream.write(`\x1b[${pieces - 1}A\r${CLEAR_BELOW}`);
    this.show(this.#shown);
  };
  readonly #showCursor = () => void this.#stream.write(SHOW_CURSOR);
  /** A signal that ends the process must not leave it without a cursor. */
  readonly #onSignal = (signal: NodeJS.Signals) => {
    this.#stream.write(`\n${SHOW_CURSOR}`);
    this.#detach();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("resize", this.#redraw);
    process.on("exit", this.#showCursor);
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
    stream.write(HIDE_CURSOR);
  }

  show(snapshot: Progress): void {
    // One column stays free: a character in the last one makes some terminals go on to the next line.
    const line = formatProgress(snapshot, this.#stream.columns - 1);
    this.#shown = snapshot;
    this.#shownWidth = line.length;
    this.#stream.write(`\r${line}${CLEAR_TO_END_OF_LINE}`);
  }

  end(last: Progress | null): void {
    this.#detach();
    this.#stream.write(last ? `\n${SHOW_CURSOR}` : SHOW_CURSOR);
  }

  #detach(): void {
    this.#stream.off("resize", this.#redraw);
    process.off("exit", this.#showCursor);
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
  }
}

/** A line now and then, and always the last. */
class LineLog {
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
    this.#stream.write(`${formatProgressLine(snapshot)}\n`);
  }
}
