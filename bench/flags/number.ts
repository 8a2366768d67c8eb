import { InputError } from "../../src/errors.js";

/** Reads the number behind a flag.
 *  @param flag  with its dashes, for the message
 *  @throws {InputError} ROWMILL_BAD_OPTION, with the values that are taken */
export function readNumberFlag(flag: string, text: string, kind: "count" | "index" | "seconds"): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const isTaken =
    kind === "seconds" ? value > 0 && value < Infinity : Number.isSafeInteger(value) && value >= LEAST[kind];
  if (!isTaken) throw new InputError("ROWMILL_BAD_OPTION", `${flag} takes ${TAKEN[kind]}, not "${text}"`);
  return value;
}

const LEAST = { count: 1, index: 0 } as const;
const TAKEN = {
  count: "a whole number, 1 or more",
  index: "a whole number, 0 or more",
  seconds: "a number of seconds above 0",
} as const;
