import { type Data, DataType, type FixedSizeList, type RecordBatch, UnionMode } from "apache-arrow";
import { CompressionType } from "apache-arrow/fb/compression-type";
import { MetadataVersion } from "apache-arrow/fb/metadata-version";
import type { RecordBatch as StoredBatch } from "apache-arrow/fb/record-batch";
import { validity } from "./arrowBits.js";
import { batchOfColumns, type ColumnBuffers, dataOf } from "./arrowData.js";
import { gather } from "./arrowGather.js";
import { pickWords, textsOfViews } from "./arrowLower.js";
import type { StoredField, StoredSchema } from "./arrowStored.js";
import { BatchMemory } from "./batchMemory.js";
import { unpackLz4Frame } from "./lz4.js";
import { unpackZstd } from "./zstd.js";

type TypedArray = Uint8Array | Int8Array | Int16Array | Int32Array | BigInt64Array;
type ArrayType<T extends TypedArray> = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
};

/** The values of the stream's dictionaries, in parts where deltas came. */
export type Dictionaries = ReadonlyMap<bigint, readonly Data[]>;

/** A message's batch and the bytes behind it. */
export interface StoredMessage {
  readonly batch: StoredBatch;
  readonly body: Uint8Array;
  readonly version: MetadataVersion;
}

/** Makes a record batch of a message, its columns as the stored schema reads them.
 *  @throws {Error} buffers that are too short for their values, and damaged compressed ones */
export function loadBatch(stored: StoredSchema, message: StoredMessage, dictionaries: Dictionaries): RecordBatch {
  const loader = new Loader(message, dictionaries);
  const children = stored.fields.map((field) => loader.load(field));
  const length = Number(message.batch.length());
  if (children.some((child) => child.length !== length)) throw new Error("a batch's columns differ in length");
  return batchOfColumns(stored.schema, length, children);
}

/** The values of a dictionary batch, which is a batch of one column. */
export function loadWords(field: StoredField, message: StoredMessage, dictionaries: Dictionaries): Data {
  return new Loader(message, dictionaries).load({ ...field, dictionary: null });
}

/** Walks a batch's nodes and buffers, which lie in the order of the columns, depth first. */
class Loader {
  #node = 0;
  #buffer = 0;
  #views = 0;
  readonly #memory = new BatchMemory();

  constructor(
    readonly message: StoredMessage,
    readonly dictionaries: Dictionaries,
  ) {}

  load(stored: StoredField): Data {
    const node = this.message.batch.nodes(this.#node++);
    if (node === null) throw new Error("a batch has fewer columns than the schema");
    const [length, nullCount] = [Number(node.length()), Number(node.nullCount())];
    const { type } = stored.field;
    if (stored.dictionary !== null) {
      const { keys, id } = stored.dictionary;
      const bits = this.#bits(length, nullCount);
      const column = dataOf(keys, length, nullCount, { values: this.#values(keys, length), bits });
      const words = this.dictionaries.get(id) ?? [];
      return pickWords(words, type, column.values as ArrayLike<number | bigint>, validity(column), length);
    }
    const make = (buffers: ColumnBuffers, children?: Data[]) => dataOf(type, length, nullCount, buffers, children);
    switch (stored.layout) {
      case "null":
        return dataOf(type, length, length);
      case "fixed": {
        const bits = this.#bits(length, nullCount);
        return make({ values: this.#values(type, length), bits });
      }
      case "variable": {
        const bits = this.#bits(length, nullCount);
        const offsets = this.#offsets(type, length);
        const values = this.#bytes();
        checkOffsets(offsets, length, values.length);
        return make({ offsets, values, bits });
      }
      case "view": {
        const bits = this.#bits(length, nullCount);
        const views = this.#array(Uint8Array, length * 16);
        const count = Number(this.message.batch.variadicBufferCounts(this.#views++) ?? 0n);
        const variadic = Array.from({ length: count }, () => this.#bytes());
        return textsOfViews(make({ values: views, bits, variadic }), type);
      }
      case "list": {
        const bits = this.#bits(length, nullCount);
        const offsets = this.#offsets(type, length);
        const child = this.load(stored.children[0] as StoredField);
        checkOffsets(offsets, length, child.length);
        return make({ offsets, bits }, [child]);
      }
      case "listView":
      case "largeListView":
        return this.#listView(stored, length, nullCount);
      case "children": {
        const bits = this.#bits(length, nullCount);
        const children = stored.children.map((child) => this.load(child));
        const needed = length * (DataType.isFixedSizeList(type) ? (type as FixedSizeList).listSize : 1);
        if (children.some((child) => child.length < needed)) throw tooShort();
        return make({ bits }, children);
      }
      case "union":
        return this.#union(stored, length, nullCount);
      case "runEnds":
        return this.#runs(stored, length);
    }
  }

  #listView({ field, layout, children }: StoredField, length: number, nullCount: number): Data {
    const bits = this.#bits(length, nullCount);
    const isLarge = layout === "largeListView";
    const NumberArray: ArrayType<Int32Array | BigInt64Array> = isLarge ? BigInt64Array : Int32Array;
    const starts = this.#array(NumberArray, length);
    const sizes = this.#array(NumberArray, length);
    const values = this.load(children[0] as StoredField);
    const isValid = validity(dataOf(field.type, length, nullCount, { bits }));
    const ends = [0];
    for (let i = 0, total = 0; i < length; i++) {
      const start = Number(starts[i]);
      const end = start + Number(sizes[i]);
      if (isValid(i)) {
        if (start < 0 || end < start || end > values.length) throw tooShort();
        total += end - start;
      }
      ends.push(total);
    }
    const index = new Int32Array(expandable(ends[length] as number));
    for (let i = 0; i < length; i++) {
      const first = ends[i] as number;
      for (let at = first; at < (ends[i + 1] as number); at++) index[at] = Number(starts[i]) + at - first;
    }
    const offsets = isLarge ? BigInt64Array.from(ends, BigInt) : Int32Array.from(ends);
    const picked = gather([values], { index });
    return dataOf(field.type, length, nullCount, { offsets, bits }, [picked]);
  }

  #union({ field, children: stored }: StoredField, length: number, nullCount: number): Data {
    const { type } = field;
    if (this.message.version < MetadataVersion.V5) {
      this.#bytes();
      if (nullCount > 0)
        throw new Error(`the union "${field.name}" has nulls of its own, as Arrow before 1.0 wrote them`);
    }
    const kinds = this.#array(Int8Array, length);
    const isDense = DataType.isUnion(type) && type.mode === UnionMode.Dense;
    const offsets = isDense ? this.#array(Int32Array, length) : undefined;
    const children = stored.map((child) => this.load(child));
    const places = DataType.isUnion(type) ? type.typeIdToChildIndex : {};
    for (let i = 0; i < length; i++) {
      const child = children[places[kinds[i] as number] ?? -1];
      const at = offsets?.[i] ?? i;
      if (child === undefined || at < 0 || at >= child.length) throw tooShort();
    }
    return dataOf(type, length, 0, { offsets, kinds }, children);
  }

  #runs({ children }: StoredField, length: number): Data {
    const [ends, values] = children.map((child) => this.load(child)) as [Data, Data];
    const index = new Int32Array(expandable(length));
    for (let i = 0, run = 0; i < length; i++) {
      while (run < ends.length && Number(ends.values[run]) <= i) run++;
      if (run >= values.length) throw tooShort();
      index[i] = run;
    }
    return gather([values], { index });
  }

  #bits(length: number, nullCount: number): Uint8Array {
    const bits = this.#bytes();
    if (nullCount === 0) return new Uint8Array(0);
    if (bits.length * 8 < length) throw tooShort();
    return bits;
  }

  #values(type: DataType, length: number): TypedArray {
    if (DataType.isBool(type)) return this.#array(Uint8Array, Math.ceil(length / 8));
    const { stride } = dataOf(type, 0, 0);
    return this.#array(type.ArrayType as unknown as ArrayType<TypedArray>, length * stride);
  }

  #offsets(type: DataType, length: number): Int32Array | BigInt64Array {
    const isLarge = DataType.isLargeUtf8(type) || DataType.isLargeBinary(type) || DataType.isLargeList(type);
    // no values may have no offsets
    if (length === 0) this.#bytes();
    if (isLarge) return length === 0 ? new BigInt64Array(1) : this.#array(BigInt64Array, length + 1);
    return length === 0 ? new Int32Array(1) : this.#array(Int32Array, length + 1);
  }

  /** The next buffer as numbers; copied where it does not lie where such numbers may. */
  #array<T extends TypedArray>(Numbers: ArrayType<T>, length: number): T {
    const bytes = this.#bytes();
    if (bytes.byteLength < length * Numbers.BYTES_PER_ELEMENT) throw tooShort();
    const { buffer, byteOffset } = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
    return new Numbers(buffer, byteOffset, length);
  }

  #bytes(): Uint8Array {
    const region = this.message.batch.buffers(this.#buffer++);
    if (region === null) throw new Error("a batch has fewer buffers than its columns need");
    const [start, length] = [Number(region.offset()), Number(region.length())];
    if (start < 0 || length < 0 || start + length > this.message.body.length) throw tooShort();
    const bytes = this.message.body.subarray(start, start + length);
    const compression = this.message.batch.compression();
    if (compression === null || length === 0) return bytes;
    const wanted = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true));
    const packed = bytes.subarray(8);
    if (wanted === -1) return packed;
    if (wanted < 0) throw tooShort();
    this.#memory.take(wanted);
    const unpack = compression.codec() === CompressionType.ZSTD ? unpackZstd : unpackLz4Frame;
    return unpack(packed, wanted);
  }
}

function checkOffsets(offsets: Int32Array | BigInt64Array, length: number, values: number): void {
  for (let i = 0; i < length; i++) {
    if ((offsets[i] as number) > (offsets[i + 1] as number)) throw tooShort();
  }
  if (Number(offsets[0]) < 0 || Number(offsets[length]) > values) throw tooShort();
}

/** Views may overlap and runs are short to write: a small file may stand for more than any memory. */
const MOST_EXPANDED = 100_000_000;

function expandable(count: number): number {
  if (count <= MOST_EXPANDED) return count;
  throw new Error(
    `a batch's runs or views stand for ${count} values, more than ${MOST_EXPANDED}; write it in smaller batches`,
  );
}

function tooShort(): Error {
  return new Error("a column's buffers do not fit its values");
}
