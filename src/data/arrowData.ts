import { BufferType, Data, DataType, RecordBatch, type Schema, Struct, type TypeMap } from "apache-arrow";

/** A column's buffers, by what they hold. */
export interface ColumnBuffers {
  readonly offsets?: unknown;
  readonly values?: unknown;
  /** Which values are there; absent or empty where all are. */
  readonly bits?: Uint8Array | undefined;
  /** Which of a union's kinds each value is. */
  readonly kinds?: Int8Array;
  /** What views point into. */
  readonly variadic?: readonly Uint8Array[];
}

/** A column of these buffers. Not by the library's makeData, which lays other numbers over them and counts nulls anew.
 *  @param offset  where the column begins in what is packed bit by bit */
export function dataOf<T extends DataType>(
  type: T,
  length: number,
  nullCount: number,
  { offsets, values, bits, kinds, variadic = [] }: ColumnBuffers = {},
  children: readonly Data[] = [],
  offset = 0,
): Data<T> {
  const buffers = {
    [BufferType.OFFSET]: offsets,
    [BufferType.DATA]: values,
    // without bits the library knows no longer that all are null once the column is sliced, and writes a count of -1
    [BufferType.VALIDITY]: DataType.isNull(type) ? new Uint8Array((offset + length + 7) >> 3) : bits,
    [BufferType.TYPE]: kinds,
  } as ConstructorParameters<typeof Data<T>>[4];
  return new Data(type, offset, length, nullCount, buffers, [...children], undefined, [...variadic]);
}

/** The column as one of another type whose buffers lie alike, with other values or children where they are given. */
export function withType(
  data: Data,
  type: DataType,
  { values = data.values, children = data.children }: { values?: unknown; children?: readonly Data[] } = {},
): Data {
  const { valueOffsets: offsets, nullBitmap: bits, typeIds: kinds, variadicBuffers: variadic } = data;
  // the library counts those of a union's children as its own
  const nullCount = DataType.isUnion(type) ? 0 : data.nullCount;
  return dataOf(type, data.length, nullCount, { offsets, values, bits, kinds, variadic }, children, data.offset);
}

/** A record batch of columns that are the schema's. */
export function batchOfColumns(schema: Schema, rowCount: number, columns: readonly Data[]): RecordBatch {
  return new RecordBatch(schema, dataOf(new Struct<TypeMap>(schema.fields), rowCount, 0, {}, columns));
}
