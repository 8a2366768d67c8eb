/** A field of a struct: the number in its definition, the wire's type and where its header begins. */
export interface ThriftField {
  readonly id: number;
  readonly type: number;
  readonly at: number;
  /** How much larger than the field's before; 0 where the number is written out. */
  readonly delta: number;
  readonly isList: boolean;
}

const STOP = 0;
const LIST = 9;

/** Walks Thrift's compact protocol (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md), as Parquet footers are
 *  written.
 *  @throws {RangeError} beyond the bytes' end */
export class ThriftReader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  /** The fields of the struct that begins here; each must be read or skipped before the next is asked for.
   *  @param withStop  also the end's mark, a field of type 0 */
  *fields(withStop = false): Generator<ThriftField> {
    for (let last = 0; ; ) {
      const at = this.at;
      const header = this.byte();
      const type = header & 15;
      if (header === STOP) {
        if (withStop) yield { id: 0, type: STOP, at, delta: 0, isList: false };
        return;
      }
      const delta = header >> 4;
      last = delta > 0 ? last + delta : this.integer();
      yield { id: last, type, at, delta, isList: type === LIST };
    }
  }

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  /** A zigzag number; beyond 2^53 rounded. */
  integer(): number {
    const raw = this.varint();
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.varint();
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }

  /** The number of elements of the list that begins here; their type is left unread, its users know it. */
  listLength(): number {
    const size = this.byte() >> 4;
    return size === 15 ? this.varint() : size;
  }

  skip(type: number): void {
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        this.at += 1;
        return;
      case 4:
      case 5:
      case 6:
        this.varint();
        return;
      case 7:
        this.at += 8;
        return;
      case 8: {
        const length = this.varint();
        this.at += length;
        return;
      }
      case 9:
      case 10: {
        const header = this.byte();
        this.#skipMany(header >> 4 === 15 ? this.varint() : header >> 4, [header & 15]);
        return;
      }
      case 11: {
        const size = this.varint();
        const types = size > 0 ? this.byte() : 0;
        this.#skipMany(size, [types >> 4, types & 15]);
        return;
      }
      case 12:
        for (const field of this.fields()) this.skip(field.type);
        return;
      case 13:
        this.at += 16;
        return;
      default:
        throw new RangeError("a Parquet footer that can't be read");
    }
  }

  /** Elements take a byte at least each, a truth value just one. */
  #skipMany(count: number, types: readonly number[]): void {
    if (count * types.length > this.bytes.length - this.at)
      throw new RangeError("a Parquet footer that says more than it holds");
    for (let left = count; left > 0; left--)
      for (const type of types)
        if (type === 1 || type === 2) this.at += 1;
        else this.skip(type);
  }
}
