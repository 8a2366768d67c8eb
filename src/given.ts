import { InputError, messageOf, RowmillError } from "./errors.js";

/** An argument that must be a text: plain JavaScript passes whatever it has.
 *  @param what how the message calls it: "the job's id"
 *  @throws {InputError} ROWMILL_BAD_OPTION */
export function givenText(what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  const kind = value === "" ? "empty" : value === null ? "null" : value === undefined ? "missing" : `a ${typeof value}`;
  throw new InputError("ROWMILL_BAD_OPTION", `${what} is ${kind}: it must be a text`);
}

/** An argument that must be a path.
 *  @throws {InputError} ROWMILL_BAD_OPTION */
export function givenPath(what: string, value: unknown): string {
  const path = givenText(what, value);
  if (isPath(path)) return path;
  throw new InputError("ROWMILL_BAD_OPTION", `${what} ${NO_PATH}`);
}

/** Whether a file may be called so: NUL ends a name, and half a character would become another one. */
export function isPath(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

export const NO_PATH = "has a NUL or half a character in it, which no path may have";

/** Reads what somebody gave, in which a getter, a proxy or a method of theirs may throw whatever it likes.
 *  @param what how the message calls it
 *  @throws {InputError} ROWMILL_BAD_OPTION, or the code given, with what was thrown as its cause */
export function readGiven<T>(what: string, read: () => T, code = "ROWMILL_BAD_OPTION"): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RowmillError) throw cause;
    throw new InputError(code, `${what} can't be read: ${messageOf(cause)}`, { cause });
  }
}

/** Relative paths begin in the working folder, which may have been removed meanwhile.
 *  @throws {InputError} ROWMILL_NO_WORKING_FOLDER */
export function requireWorkingFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new InputError(
      "ROWMILL_NO_WORKING_FOLDER",
      "The working folder is not there any more. Change to another one (cd).",
      { cause },
    );
  }
}
