/** Bytes that are kept for reading the beginning again: more than the longest record. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** A stream of bytes that comes only once (a pipe, standard input), read like a file as long as only its beginning is read
 *  more than once: a first look at the format, then the header, then everything. */
export class ReadOnceStream {
  readonly #rest: AsyncIterator<Uint8Array>;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isForgotten = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#rest = source[Symbol.asyncIterator]();
  }

  /** The bytes from the beginning; one reader at a time. Leaving it early leaves the stream open. */
  async *read(): AsyncGenerator<Buffer> {
    if (this.#isForgotten) throw new Error("the beginning of a stream is read again, and gone");
    for (let at = 0; ; ) {
      const kept = this.#kept[at];
      if (kept !== undefined) {
        at++;
        yield kept;
        continue;
      }
      const next = await this.#rest.next();
      if (next.done === true) return;
      const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      if (!this.#isForgotten) {
        this.#kept.push(chunk);
        at++;
        this.#keptBytes += chunk.length;
        this.#isForgotten = this.#keptBytes > KEPT_BYTES;
        if (this.#isForgotten) {
          this.#kept = [];
          at = 0;
        }
      }
      yield chunk;
    }
  }

  /** Ends the stream: whoever writes to it need not go on. */
  async close(): Promise<void> {
    this.#isForgotten = true;
    this.#kept = [];
    await this.#rest.return?.();
  }
}
