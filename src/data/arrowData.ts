import { BufferType, Data, DataType } from "apache-arrow";

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
