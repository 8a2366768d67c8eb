/** The double next to a finite one, towards Infinity; Infinity after the largest. */
export function doubleAbove(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  // the bits of doubles of one sign are in the order of their magnitudes
  view.setFloat64(0, value === 0 ? 0 : value);
  const bits = view.getBigInt64(0);
  view.setBigInt64(0, value < 0 ? bits - 1n : bits + 1n);
  return view.getFloat64(0);
}

/** The double next to a finite one, towards -Infinity. */
export function doubleBelow(value: number): number {
  return -doubleAbove(-value);
}
