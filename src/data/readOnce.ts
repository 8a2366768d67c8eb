/** Bytes that are kept for reading the beginning again: more than the longest record. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** A stream of bytes that comes only once (a pipe, standard input), read like a file as long as only its beginning is read
 *  more than once: a first look at the format, then the header, then everything. */
export class ReadOnceStream {
  readonly #rest: AsyncIterator<Uint8Array>;
  #kept: Buffer[] = [];
  /** The number of the chunk that #kept begins with. */
  #first = 0;
  #keptBytes = 0;
  #isEnded = false;
  #readers = 0;
  #pending: Promise<void> | null = null;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#rest = source[Symbol.asyncIterator]();
  }

  /** The bytes from the beginning; a reader that was left early may still wait for a chunk, the newest one reads on. Leaving
   *  it leaves the stream open. */
  async *read(): AsyncGenerator<Buffer> {
    const reader = ++this.#readers;
    for (let at = 0; ; ) {
      if (at < this.#first) throw new Error("the beginning of a stream is read again, and gone");
      const chunk = this.#kept[at - this.#first];
      if (chunk === undefined) {
        if (this.#isEnded) return;
        await this.#pull();
        continue;
      }
      at++;
      if (this.#keptBytes > KEPT_BYTES && reader === this.#readers) {
        this.#kept.splice(0, at - this.#first);
        this.#first = at;
      }
      yield chunk;
    }
  }

  /** Ends the stream: whoever writes to it need not go on. */
  async close(): Promise<void> {
    this.#isEnded = true;
    this.#kept = [];
    this.#first = Number.POSITIVE_INFINITY;
    await this.#rest.return?.();
  }

  /** The next chunk for whoever waits: asked for once, or two readers would each get half of the chunks. */
  #pull(): Promise<void> {
    this.#pending ??= this.#keepNext().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #keepNext(): Promise<void> {
    const next = await this.#rest.next();
    if (next.done === true) {
      this.#isEnded = true;
      return;
    }
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
  }
}
