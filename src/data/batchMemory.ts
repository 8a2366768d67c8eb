import { constants } from "node:buffer";
import { freemem, totalmem } from "node:os";

/** What any machine is taken to have room for, however little it calls free. */
const ALWAYS_BYTES = 512 * 1024 * 1024;

/** Counts what an Arrow record batch unpacks to, before it is unpacked: the sizes are a file's own word, and some kilobytes may
 *  honestly stand for gigabytes. So what bounds them is the memory: half of it, since what is made of a batch lies beside it. */
export class BatchMemory {
  #bytes = 0;
  #mostBytes: number | undefined;

  /** @param freeBytes  memory that could be taken, asked for once */
  constructor(private readonly freeBytes: () => number = freeMemoryBytes) {}

  /** Counts a buffer in.
   *  @throws {Error} for a sentence that begins with what it is */
  take(bytes: number): void {
    this.#mostBytes ??= Math.max(ALWAYS_BYTES, this.freeBytes() / 2);
    this.#bytes += bytes;
    if (bytes <= constants.MAX_LENGTH && this.#bytes <= this.#mostBytes) return;
    throw new Error(
      `a batch unpacks to ${this.#bytes} bytes or more, for which this machine has not enough memory; write it in smaller record batches`,
    );
  }
}

function freeMemoryBytes(): number {
  // process.availableMemory() takes the files that a container has cached for memory that is gone, and macOS calls little free
  const free = process.platform === "darwin" ? totalmem() : freemem();
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, free) : free;
}
