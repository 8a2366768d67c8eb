import { messageLine } from "../foreignText.js";
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

/** Says how much of a model has been downloaded: in a terminal as it comes, elsewhere when a file is there. */
export class PullLine {
  readonly #stream: NodeJS.WriteStream | null;
  readonly #mode: ProgressMode;
  #line: LiveLine | null = null;

  constructor(stream: NodeJS.WriteStream | null, mode: ProgressMode) {
    this.#stream = mode === "none" ? null : stream;
    this.#mode = mode;
  }

  show({ file, bytesDone, bytesTotal }: Downloaded): void {
    if (this.#stream === null) return;
    const isDone = bytesTotal !== null && bytesDone >= bytesTotal;
    const share = bytesTotal === null || isDone ? "" : ` of ${megabytes(bytesTotal)}`;
    const line = messageLine(`${file}: ${megabytes(bytesDone)}${share} MB`);
    if (drawsBar(this.#stream, this.#mode)) {
      this.#line ??= new LiveLine(this.#stream);
      this.#line.draw(line);
      if (isDone) this.end();
    } else if (isDone) writeLine(this.#stream, line);
  }

  /** Leaves the line, also where a download failed: what comes next has a line of its own. */
  end(): void {
    this.#line?.leave();
    this.#line?.[Symbol.dispose]();
    this.#line = null;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
