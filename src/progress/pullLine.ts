import { cutMiddle, messageLine } from "../foreignText.js";
import { writeLine } from "../lastingStream.js";
import { LiveLine } from "./liveLine.js";
import { drawsBar, type ProgressMode } from "./showProgress.js";

/** How much of a file has been downloaded. */
export interface Downloaded {
  readonly file: string;
  readonly bytesDone: number;
  /** `null` where the server does not say. */
  readonly bytesTotal: number | null;
}

/** In a log. */
const LONGEST_LINE = 400;

/** Says how much of a model has been downloaded: in a terminal as it comes, elsewhere when a file is there. */
export class PullLine {
  readonly #stream: NodeJS.WriteStream | null;
  readonly #mode: ProgressMode;
  #line: LiveLine | null = null;
  #hasBytes = false;

  constructor(stream: NodeJS.WriteStream | null, mode: ProgressMode) {
    this.#stream = mode === "none" ? null : stream;
    this.#mode = mode;
  }

  show({ file, bytesDone, bytesTotal }: Downloaded): void {
    if (this.#stream === null) return;
    const isDone = bytesTotal !== null && bytesDone >= bytesTotal;
    const share = bytesTotal === null || isDone ? "" : ` of ${megabytes(bytesTotal)}`;
    this.#hasBytes = bytesDone > 0;
    const [before, after] = this.#hasBytes ? ["", `: ${megabytes(bytesDone)}${share} MB`] : ["fetching ", ""];
    const line = (mostLetters: number): string =>
      `${before}${cutMiddle(messageLine(file), mostLetters - before.length - after.length)}${after}`;
    if (drawsBar(this.#stream, this.#mode)) {
      this.#line ??= new LiveLine(this.#stream);
      // a line that wraps could not be overdrawn
      this.#line.draw(line((this.#stream.columns || 80) - 1));
      if (isDone) this.end();
    } else if (isDone) writeLine(this.#stream, line(LONGEST_LINE));
  }

  /** Leaves the line, also where a download failed, so that what comes next has a line of its own; one that says no more than that
   *  something was to be fetched goes. */
  end(): void {
    if (this.#hasBytes) this.#line?.leave();
    else this.#line?.clear();
    this.#line?.[Symbol.dispose]();
    this.#line = null;
  }
}

/** One digit behind the point where the file is small. */
function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
