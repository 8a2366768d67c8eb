/** A float of 32 bits as the number whose digits are the fewest that give it back: 0.1, where the float is
 *  0.10000000149011612. Whole numbers as far as it has them all are themselves. */
export function shortFloat32(value: number): number {
  // six digits are always a float's own, nine always tell it from its neighbours
  if (Number.isInteger(value) && Math.abs(value) <= 2 ** 24) return value;
  return shortest(value, Math.abs(value) < 2 ** -126 ? 1 : 6, 9, Math.fround);
}

/** The same for the bits of a float of 16 bits. */
export function shortFloat16(bits: number): number {
  const value = float16(bits);
  if (Number.isInteger(value)) return value;
  const magnitude = bits & 0x7fff;
  return shortest(value, magnitude < 0x400 ? 1 : 3, 5, (other) =>
    nearest16(other) === magnitude ? value : Number.NaN,
  );
}

/** @param round  the nearest float to a number of the value's own sign */
function shortest(value: number, from: number, to: number, round: (number: number) => number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = from; digits < to; digits++) {
    const short = Number(value.toPrecision(digits));
    if (round(short) === value) return short;
  }
  return Number(value.toPrecision(to));
}

/** IEEE 754 binary16: sign, five bits of exponent, ten of fraction. */
function float16(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The nearest half float to a number's magnitude, ties to even, as its bits without the sign. */
function nearest16(number: number): number {
  const size = Math.abs(number);
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const scaled = size * 2 ** (10 - exponent);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  // of a subnormal the bits are the fraction; a carry into the exponent is right as it is
  return rounded + (exponent + 14) * 1024;
}
