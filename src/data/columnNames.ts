import { InputError } from "../errors.js";
import type { Column } from "./batch.js";

/** Refuses a table in which a name stands for several columns: the values of all but one would be lost.
 *  @param what  whose columns they are, for the message: a path, "The table"
 *  @throws {InputError} ROWMILL_DUPLICATE_HEADER */
export function checkColumnNames(columns: readonly Column[], what: string): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name))
      throw new InputError(
        "ROWMILL_DUPLICATE_HEADER",
        `${what} has more than one column named "${name}". Give each column its own name.`,
      );
    seen.add(name);
  }
}
