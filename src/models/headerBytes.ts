import { readSync } from "node:fs";

const CHUNK_BYTES = 1 << 20;

/** What makes a header unreadable, in words that follow "its header". */
export class HeaderFault extends Error {}

/** A file's bytes from its beginning, for a reader that believes no length before it has compared it with the file's. */
export class HeaderBytes {
  #at = 0;
  #chunk = Buffer.alloc(0);
  #chunkAt = 0;

  constructor(
    private readonly file: number,
    private readonly size: number,
  ) {}

  /** Bytes behind those that were read. */
  get left(): number {
    return this.size - this.#at;
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  float32(): number {
    return this.bytes(4).readFloatLE();
  }

  /** A number above 2⁵³ comes rounded: it is far beyond any file's size. */
  uint64(): number {
    return Number(this.bytes(8).readBigUInt64LE());
  }

  /** A length and so many bytes.
   *  @param what named where it is longer than the file, or than `most` bytes */
  text(what: string, most = Number.POSITIVE_INFINITY): string {
    const length = this.uint64();
    if (length > most || length > this.left) throw new HeaderFault(`gives ${what} a length of ${length} bytes`);
    return this.bytes(length).toString("latin1");
  }

  skip(count: number): void {
    if (count > this.left) throw new HeaderFault("goes on behind the file's end");
    this.#at += count;
  }

  /** Valid until the next read. */
  bytes(count: number): Buffer {
    const begin = this.#at;
    this.skip(count);
    if (begin < this.#chunkAt || this.#at > this.#chunkAt + this.#chunk.length) this.#load(begin, count);
    return this.#chunk.subarray(begin - this.#chunkAt, this.#at - this.#chunkAt);
  }

  #load(begin: number, count: number): void {
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(count, CHUNK_BYTES), this.size - begin));
    let filled = 0;
    while (filled < chunk.length) {
      const read = readSync(this.file, chunk, filled, chunk.length - filled, begin + filled);
      if (read === 0) throw new HeaderFault("goes on behind the file's end");
      filled += read;
    }
    this.#chunk = chunk;
    this.#chunkAt = begin;
  }
}
