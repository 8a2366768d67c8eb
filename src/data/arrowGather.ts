import { type Data, DataType, type DenseUnion, type Struct, type TypeMap, UnionMode } from "apache-arrow";
import { bitAt, packBits, packValidity, validity } from "./arrowBits.js";
import { dataOf } from "./arrowData.js";

type Part = Data;
type Values = Uint8Array | Int32Array | BigInt64Array;

/** Which values to take, in order: their places in a source, −1 for a null; `part` says from which source, where there are several. */
export interface Picks {
  readonly index: Int32Array;
  readonly part?: Uint16Array | undefined;
}

/** The picked values as a column of its own: exact copies of the buffers' bytes, without an offset or anything unused.
 *  @param sources  at least one column, all of one type in which nothing is a dictionary or a view (see lowerType)
 *  @throws {Error} when lists or texts with 32-bit offsets would become longer than those reach */
export function gather(sources: readonly [Part, ...Part[]], picks: Picks): Data {
  const { type } = sources[0];
  const { length } = picks.index;
  if (DataType.isNull(type)) return dataOf(type, length, length);
  if (DataType.isUnion(type)) return gatherUnion(sources, picks);
  const { bits, nullCount } = gatherValidity(sources, picks);
  const make = (offsets?: unknown, values?: unknown, children?: Data[]) =>
    dataOf(type, length, nullCount, { offsets, values, bits }, children);
  if (DataType.isStruct(type)) return make(undefined, undefined, gatherChildren(sources, picks));
  if (DataType.isFixedSizeList(type)) {
    const inner = repeatPicks(picks, type.listSize);
    return make(undefined, undefined, [gather(childrenAt(sources, 0), inner)]);
  }
  if (DataType.isBool(type)) return make(undefined, gatherBits(sources, picks));
  if (sources[0].valueOffsets === undefined) return make(undefined, gatherFixed(sources, picks));
  const ranges = rangesOf(sources, picks);
  if (type.children?.length) return make(ranges.offsets, undefined, [gather(childrenAt(sources, 0), ranges.inner())]);
  return make(ranges.offsets, gatherBytes(sources, picks, ranges));
}

/** Consecutive values. */
export function pickRange(start: number, end: number): Picks {
  return { index: Int32Array.from({ length: end - start }, (_, i) => start + i) };
}

/** A column without values, of a type in which nothing is a dictionary or a view. */
export function emptyData(type: DataType): Data {
  const children = (type.children ?? []).map((field: { readonly type: DataType }) => emptyData(field.type));
  if (DataType.isUnion(type)) {
    const offsets = type.mode === UnionMode.Dense ? new Int32Array(0) : undefined;
    return dataOf(type, 0, 0, { offsets, kinds: new Int8Array(0) }, children);
  }
  const hasOffsets = "OffsetArrayType" in type;
  const offsets = hasOffsets ? new (type.OffsetArrayType as Int32ArrayConstructor)(1) : undefined;
  const values = children.length > 0 || DataType.isStruct(type) ? undefined : new type.ArrayType(0);
  return dataOf(type, 0, 0, { offsets, values }, children);
}

function childrenAt(sources: readonly [Part, ...Part[]], place: number): [Part, ...Part[]] {
  return sources.map((source) => source.children[place] as Part) as [Part, ...Part[]];
}

function gatherChildren(sources: readonly [Part, ...Part[]], picks: Picks): Data[] {
  const { children } = sources[0].type as Struct<TypeMap>;
  // a struct that is a slice has sliced children: the same places hold
  return children.map((_, place) => gather(childrenAt(sources, place), picks));
}

function gatherValidity(sources: readonly Part[], { index, part }: Picks): { bits: Uint8Array; nullCount: number } {
  const isValid = sources.map(validity);
  return packValidity(index.length, (i) => {
    const at = index[i] as number;
    return at >= 0 && isValid[part?.[i] ?? 0]?.(at) === true;
  });
}

function gatherBits(sources: readonly Part[], { index, part }: Picks): Uint8Array {
  return packBits(index.length, (i) => {
    const at = index[i] as number;
    const source = sources[part?.[i] ?? 0] as Part;
    return at >= 0 && bitAt(source.values as Uint8Array, source.offset + at);
  });
}

function gatherFixed(sources: readonly Part[], { index, part }: Picks): Values {
  const { stride } = sources[0] as Part;
  const ArrayType = (sources[0] as Part).values.constructor as new (length: number) => Values;
  const values = new ArrayType(index.length * stride);
  for (let i = 0; i < index.length; i++) {
    const at = index[i] as number;
    if (at < 0) continue;
    const from = (sources[part?.[i] ?? 0] as Part).values as Values;
    for (let word = 0; word < stride; word++) values[i * stride + word] = from[at * stride + word] as never;
  }
  return values;
}

interface Ranges {
  readonly starts: Float64Array;
  readonly offsets: Int32Array | BigInt64Array;
  readonly total: number;
  /** The picks of what the ranges hold. */
  inner(): Picks;
}

function rangesOf(sources: readonly Part[], { index, part }: Picks): Ranges {
  const isValid = sources.map(validity);
  const isLarge = (sources[0] as Part).valueOffsets instanceof BigInt64Array;
  const ends = new Float64Array(index.length + 1);
  const starts = new Float64Array(index.length);
  for (let i = 0; i < index.length; i++) {
    const at = index[i] as number;
    const place = part?.[i] ?? 0;
    // what a null hides is left behind
    const isThere = at >= 0 && isValid[place]?.(at) === true;
    const { valueOffsets } = sources[place] as Part;
    starts[i] = isThere ? Number(valueOffsets[at]) : 0;
    ends[i + 1] = (ends[i] as number) + (isThere ? Number(valueOffsets[at + 1]) - (starts[i] as number) : 0);
  }
  const total = ends[index.length] as number;
  if (!isLarge && total > 0x7fffffff) throw new Error("a column holds more than 2 GB in one batch");
  return {
    starts,
    offsets: isLarge ? BigInt64Array.from(ends, (end) => BigInt(end)) : Int32Array.from(ends),
    total,
    inner() {
      const inner = new Int32Array(total);
      const parts = part === undefined ? undefined : new Uint16Array(total);
      for (let i = 0; i < index.length; i++) {
        const start = starts[i] as number;
        const [from, to] = [ends[i] as number, ends[i + 1] as number];
        for (let k = from; k < to; k++) inner[k] = start + k - from;
        parts?.fill(part?.[i] as number, from, to);
      }
      return { index: inner, part: parts };
    },
  };
}

function gatherBytes(sources: readonly Part[], { index, part }: Picks, ranges: Ranges): Uint8Array {
  const bytes = new Uint8Array(ranges.total);
  let to = 0;
  for (let i = 0; i < index.length; i++) {
    const end = Number(ranges.offsets[i + 1]);
    if (end === to) continue;
    const start = ranges.starts[i] as number;
    const source = sources[part?.[i] ?? 0] as Part;
    bytes.set((source.values as Uint8Array).subarray(start, start + end - to), to);
    to = end;
  }
  return bytes;
}

function repeatPicks({ index, part }: Picks, size: number): Picks {
  const inner = new Int32Array(index.length * size);
  const parts = part === undefined ? undefined : new Uint16Array(inner.length);
  for (let i = 0; i < inner.length; i++) {
    const row = Math.floor(i / size);
    const at = index[row] as number;
    inner[i] = at < 0 ? -1 : at * size + (i % size);
    if (parts !== undefined) parts[i] = part?.[row] as number;
  }
  return { index: inner, part: parts };
}

/** A union has no nulls of its own: a null is one of its first kind. */
function gatherUnion(sources: readonly [Part, ...Part[]], picks: Picks): Data {
  const type = sources[0].type as DenseUnion;
  const { index, part } = picks;
  const kinds = new Int8Array(index.length);
  for (let i = 0; i < index.length; i++) {
    const at = index[i] as number;
    kinds[i] = at < 0 ? (type.typeIds[0] as number) : ((sources[part?.[i] ?? 0] as Part).typeIds[at] as number);
  }
  if ((type.mode as UnionMode) === UnionMode.Sparse) {
    const children = type.children.map((_, place) => gather(childrenAt(sources, place), picks));
    return dataOf(type, index.length, 0, { kinds }, children);
  }
  const offsets = new Int32Array(index.length);
  const inner = type.children.map(() => ({ index: [] as number[], part: [] as number[] }));
  for (let i = 0; i < index.length; i++) {
    const at = index[i] as number;
    const child = inner[type.typeIdToChildIndex[kinds[i] as number] as number] as (typeof inner)[number];
    offsets[i] = child.index.length;
    child.index.push(at < 0 ? -1 : Number((sources[part?.[i] ?? 0] as Part).valueOffsets[at]));
    child.part.push(part?.[i] ?? 0);
  }
  const children = inner.map((child, place) =>
    gather(childrenAt(sources, place), { index: Int32Array.from(child.index), part: Uint16Array.from(child.part) }),
  );
  return dataOf(type, index.length, 0, { offsets, kinds }, children);
}
