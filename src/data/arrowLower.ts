import {
  Binary,
  type Data,
  DataType,
  type Field,
  FixedSizeList,
  LargeList,
  List,
  Map_,
  Schema,
  Struct,
  Union,
  Utf8,
} from "apache-arrow";
import { packValidity, validity } from "./arrowBits.js";
import { dataOf, withType } from "./arrowData.js";
import { emptyData, gather, type Picks } from "./arrowGather.js";
import { withPart } from "./dictionaryParts.js";

/** A type without what is only another layout of the same values: dictionaries are their values, views of texts and bytes the
 *  texts and bytes; at every depth. The same object where nothing has to change. */
export function lowerType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return lowerType(type.dictionary);
  if (DataType.isUtf8View(type)) return new Utf8();
  if (DataType.isBinaryView(type)) return new Binary();
  const fields = (type.children ?? []) as Field[];
  const inner = fields.map(lowerField);
  if (inner.every((field, i) => field === fields[i])) return type;
  return withChildren(type, inner);
}

/** A nested type with other fields. */
export function withChildren(type: DataType, fields: Field[]): DataType {
  const [only] = fields as [Field];
  if (DataType.isList(type)) return new List(only);
  if (DataType.isLargeList(type)) return new LargeList(only);
  if (DataType.isFixedSizeList(type)) return new FixedSizeList(type.listSize, only);
  if (DataType.isMap(type)) return new Map_(only as Field<Struct>, type.keysSorted);
  if (DataType.isUnion(type)) return new Union(type.mode, type.typeIds, fields);
  return new Struct(fields);
}

/** Fields with their leaves changed. Leaves are numbered from the first column's on, depth first, as Parquet's
 *  columns are. */
export function mapLeaves(fields: readonly Field[], change: (field: Field, leaf: number) => Field): Field[] {
  let next = 0;
  const fieldOf = (field: Field): Field => {
    const children = (field.type.children ?? []) as Field[];
    if (children.length === 0) return change(field, next++);
    const inner = children.map(fieldOf);
    const isSame = inner.every((child, i) => child === children[i]);
    return isSame ? field : field.clone({ type: withChildren(field.type, inner) });
  };
  return fields.map(fieldOf);
}

export function lowerSchema(schema: Schema): Schema {
  return new Schema(schema.fields.map(lowerField), schema.metadata);
}

function lowerField(field: Field): Field {
  const type = lowerType(field.type);
  return type === field.type ? field : field.clone({ type });
}

/** The column with its type lowered; buffers are shared where they stay as they are. */
export function lowerData(data: Data): Data {
  const type = lowerType(data.type);
  if (type === data.type) return data;
  if (DataType.isDictionary(data.type)) {
    const words = (data.dictionary?.data ?? []).map(lowerData);
    return pickWords(words, type, data.values as ArrayLike<number | bigint>, validity(data), data.length);
  }
  if (data.variadicBuffers.length > 0 || DataType.isUtf8View(data.type) || DataType.isBinaryView(data.type))
    return textsOfViews(data, type);
  return withType(data, type, { children: data.children.map(lowerData) });
}

/** Parts that are looked through for each value; a table in memory may have any number. */
const MOST_PARTS = 256;

/** A dictionary's values by their numbers, from one or more parts of the dictionary.
 *  @throws {Error} a number that the dictionary lacks */
export function pickWords(
  words: readonly Data[],
  type: DataType,
  keys: ArrayLike<number | bigint>,
  isValid: (index: number) => boolean,
  length: number,
): Data {
  if (words.length > MOST_PARTS) {
    const few = words.reduce(withPart, [] as readonly Data[]);
    return pickWords(few, type, keys, isValid, length);
  }
  const [first = emptyData(type), ...others] = words;
  const starts = words.map((_, part) => words.slice(0, part).reduce((sum, { length: words }) => sum + words, 0));
  const count = words.reduce((sum, part) => sum + part.length, 0);
  const index = new Int32Array(length);
  const part = others.length === 0 ? undefined : new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    const key = isValid(i) ? Number(keys[i]) : -1;
    if (key >= count || (key < 0 && isValid(i))) throw new Error(`a dictionary of ${count} values lacks number ${key}`);
    const place =
      key < 0
        ? 0
        : Math.max(
            0,
            starts.findLastIndex((start) => start <= key),
          );
    index[i] = key < 0 ? -1 : key - (starts[place] as number);
    if (part !== undefined) part[i] = place;
  }
  const picks: Picks = { index, part };
  return gather([first, ...others], picks);
}

const VIEW_BYTES = 16;
const INLINE_BYTES = 12;

/** Arrow's views (16 bytes: length, then the text itself or its beginning, buffer and place) as texts behind one another. */
export function textsOfViews(data: Data, type: DataType): Data {
  const isValid = validity(data);
  const views = data.values as Uint8Array;
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const offsets = new Int32Array(data.length + 1);
  for (let i = 0; i < data.length; i++) {
    const end = (offsets[i] as number) + (isValid(i) ? view.getInt32(i * VIEW_BYTES, true) : 0);
    if (end > 0x7fffffff) throw new Error("a column holds more than 2 GB in one batch");
    offsets[i + 1] = end;
  }
  const bytes = new Uint8Array(offsets[data.length] as number);
  for (let i = 0; i < data.length; i++) {
    const at = i * VIEW_BYTES;
    const length = (offsets[i + 1] as number) - (offsets[i] as number);
    if (length === 0) continue;
    const isInline = length <= INLINE_BYTES;
    const source = isInline ? views : data.variadicBuffers[view.getInt32(at + 8, true)];
    const start = isInline ? at + 4 : view.getInt32(at + 12, true);
    if (source === undefined || start < 0 || start + length > source.length)
      throw new Error("a view points outside its buffers");
    bytes.set(source.subarray(start, start + length), offsets[i]);
  }
  // bits of a slice begin within a byte, what is new at its first place
  const { bits, nullCount } = packValidity(data.length, isValid);
  return dataOf(type, data.length, nullCount, { offsets, values: bytes, bits });
}
