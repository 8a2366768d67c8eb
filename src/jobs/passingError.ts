import { RowmillError } from "../errors.js";

/** A store could not be written for a reason that passes by itself or when somebody does something about it: a full disk,
 *  one that is read-only, a lock of another process. Who has time waits and tries again. */
export class PassingError extends RowmillError {
  /** What there is to wait for, e.g. "space on /data". */
  readonly waitsFor: string;

  constructor(
    code: "ROWMILL_DISK_FULL" | "ROWMILL_DISK_READ_ONLY" | "ROWMILL_STORE_IO" | "ROWMILL_STORE_BUSY",
    message: string,
    waitsFor: string,
    cause: unknown,
  ) {
    super(code, message, { cause });
    this.waitsFor = waitsFor;
  }
}

export function isPassing(error: unknown): error is PassingError {
  return error instanceof PassingError;
}
