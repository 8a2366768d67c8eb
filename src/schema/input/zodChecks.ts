import type { core } from "zod";
import { InputError } from "../../errors.js";
import { isStandardFormat } from "../../language/index.js";
import { stepPointer } from "../document/index.js";

type Definition = Readonly<Record<string, unknown>>;

/** What is read here of a zod 4 schema or check. */
interface ZodPart {
  readonly _zod: { readonly def: object; readonly traits: ReadonlySet<string> };
}

/** A part of a zod schema as `toJSONSchema` has written it. */
interface WrittenPart {
  readonly zodSchema: ZodPart;
  readonly jsonSchema: core.JSONSchema.BaseSchema;
  readonly path: readonly (string | number)[];
}

/** Checks whose constraint stands in the JSON Schema, or that constrain nothing. */
const CARRIED = new Set([
  "greater_than",
  "less_than",
  "multiple_of",
  "number_format",
  "min_length",
  "max_length",
  "length_equals",
  "string_format",
  "describe",
  "meta",
]);
const IDLE = new Set(["describe", "meta", "overwrite"]);
/** Formats with a pattern that leaves their check digits open. */
const CHECKSUMS = new Set(["credit_card", "iban"]);
/** Types that zod writes as something that their `parse` does not take. */
const MISREPRESENTED = new Set(["file", "promise", "success"]);

/** Looks at one part of a zod schema for what its JSON Schema can't say.
 *  @returns how the part changes values without constraining them, to be told to the user; null when it does not
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD for a constraint that would be dropped, with its place */
export function checkZodPart({ zodSchema, jsonSchema, path }: WrittenPart): string | null {
  const pointer = path.reduce<string>(stepPointer, "#");
  const def = zodSchema._zod.def as Definition;
  const checks = checksOf(zodSchema);
  for (const check of checks) {
    const problem = problemOf(check);
    if (problem !== null) throw lost(problem, pointer);
  }
  const names = checks.map((check) => String(check.check));
  const overwrite = names.indexOf("overwrite");
  if (overwrite >= 0 && names.slice(overwrite).some((name) => !IDLE.has(name)))
    throw lost("check that comes after a change of the value (trim, toLowerCase, …)", pointer);
  if (MISREPRESENTED.has(String(def.type))) throw lost(`type "${String(def.type)}"`, pointer);
  const key = def.keyType as ZodPart | undefined;
  if (key !== undefined && (key._zod.def as Definition).type === "number" && countChecks(key) > 0)
    throw lost("check of a record's numeric keys", pointer);
  // the pattern says all that a format of zod's own does
  const hasPattern = jsonSchema.pattern !== undefined || jsonSchema.allOf !== undefined;
  if (hasPattern && jsonSchema.format !== undefined && !isStandard(jsonSchema.format)) delete jsonSchema.format;
  if (overwrite >= 0) return `change of the value at ${pointer} (trim, toLowerCase, …)`;
  return def.type === "pipe" ? transformOf(def, pointer) : null;
}

/** The definitions of a part's checks; a format such as `z.email()` is its own first. */
function checksOf(part: ZodPart): Definition[] {
  const def = part._zod.def as Definition;
  const own = part._zod.traits.has("$ZodCheck") ? [def] : [];
  const added = (def.checks ?? []) as readonly ZodPart[];
  return [...own, ...added.map((check) => check._zod.def as Definition)];
}

function countChecks(part: ZodPart): number {
  return ((part._zod.def as { readonly checks?: readonly unknown[] }).checks ?? []).length;
}

function problemOf(check: Definition): string | null {
  const name = String(check.check);
  if (name === "custom") return "custom check (refine, superRefine, check)";
  if (name === "overwrite" || (name !== "string_format" && CARRIED.has(name))) return null;
  if (name !== "string_format") return `check "${name}"`;
  const format = String(check.format);
  const pattern = check.pattern as RegExp | undefined;
  if (check.hostname !== undefined || check.protocol !== undefined) return "check of an URL's hostname or protocol";
  if (pattern !== undefined && /[ims]/.test(pattern.flags))
    return `regular expression with the flags "${pattern.flags}"`;
  if (CHECKSUMS.has(format)) return `check digits of "${format}"`;
  return pattern === undefined && format !== "url" && !isStandard(format) ? `format "${format}"` : null;
}

function transformOf({ in: from, out: to }: Definition, pointer: string): string {
  const isTransform = (part: unknown) => (part as ZodPart)._zod.traits.has("$ZodTransform");
  if (isTransform(to) || isTransform(from)) return `transform at ${pointer}`;
  throw lost("second schema of a pipe or codec", pointer);
}

function isStandard(format: string): boolean {
  return isStandardFormat(format);
}

function lost(what: string, pointer: string): InputError {
  return new InputError(
    "ROWMILL_UNSUPPORTED_KEYWORD",
    `The output schema's ${what} at ${pointer} can't be enforced, since JSON Schema has no words for it: leave it out, and check the results with it.`,
  );
}
