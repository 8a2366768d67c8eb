import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import { InputError } from "./errors.js";

/** Parses with a strict object schema; the first problem becomes one line.
 *  @throws {InputError} ROWMILL_UNKNOWN_OPTION, ROWMILL_BAD_OPTION */
export function parseStrict<T extends z.ZodObject>(schema: T, value: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const unknown = issue.keys[0] ?? "";
    const known = Object.keys(schema.shape);
    const near = closest(unknown, known);
    const hint =
      distance(unknown.toLowerCase(), near.toLowerCase()) <= Math.max(2, unknown.length / 2)
        ? `did you mean ${JSON.stringify(near)}?`
        : `there are ${known.join(", ")}`;
    throw new InputError("ROWMILL_UNKNOWN_OPTION", `unknown ${what} ${JSON.stringify(unknown)}: ${hint}`);
  }
  const path = issue?.path.join(".");
  throw new InputError("ROWMILL_BAD_OPTION", `${what} ${path ? `${path}: ` : ""}${issue?.message ?? "not valid"}`);
}
