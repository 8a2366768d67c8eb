import { type Data, DataType } from "apache-arrow";

/** Whether a value is there; not by the column's own getValid, which takes a union's child for the union. */
export function validity(data: Data): (index: number) => boolean {
  const { nullBitmap, offset } = data;
  if (DataType.isNull(data.type)) return () => false;
  if (DataType.isUnion(data.type) || nullBitmap === undefined || nullBitmap.length === 0 || data.nullCount === 0)
    return () => true;
  return (index) => bitAt(nullBitmap, offset + index);
}

/** The bit's value, least significant first, as Arrow packs them. */
export function bitAt(bits: Uint8Array, at: number): boolean {
  return ((bits[at >> 3] as number) & (1 << (at & 7))) !== 0;
}

/** Truth values as Arrow packs them, in whole words of 64. */
export function packBits(length: number, isSet: (index: number) => boolean): Uint8Array {
  const bits = new Uint8Array(((length + 63) & ~63) >> 3);
  for (let i = 0; i < length; i++) if (isSet(i)) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  return bits;
}

/** Which values are there, as a column keeps it: no bits where all are. */
export function packValidity(
  length: number,
  isThere: (index: number) => boolean,
): { readonly bits: Uint8Array; readonly nullCount: number } {
  let nullCount = 0;
  const bits = packBits(length, (index) => {
    const is = isThere(index);
    if (!is) nullCount++;
    return is;
  });
  return { bits: nullCount === 0 ? new Uint8Array(0) : bits, nullCount };
}
