import type { z } from "zod";
import { InputError } from "./errors.js";
import { listed, quoted } from "./foreignText.js";
import { readGiven } from "./given.js";
import { nearestName } from "./nearestName.js";
import { type NamingText, naming, option } from "./optionNames.js";

/** Parses with a strict object schema; the first problem becomes one line.
 *  @throws {InputError} ROWMILL_UNKNOWN_OPTION, ROWMILL_BAD_OPTION */
export function parseStrict<T extends z.ZodObject>(schema: T, value: unknown, what: string): z.infer<T> {
  const [data, issue, given] = readGiven(`${what}s`, () => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return [parsed.data, null, ""];
    const [first = null] = parsed.error.issues;
    return [null, first, first === null ? "" : shortGiven(value, first.path)];
  });
  if (data !== null) return data;
  if (issue?.code === "unrecognized_keys") {
    const unknown = issue.keys[0] ?? "";
    const known = Object.keys(schema.shape);
    const near = nearestName(unknown, known);
    const hint = near === undefined ? `there are ${known.join(", ")}` : `did you mean ${quoted(near)}?`;
    throw new InputError("ROWMILL_UNKNOWN_OPTION", `unknown ${what} ${quoted(unknown)}: ${hint}`);
  }
  const requirement = issue ? requirementOf(issue) : "is not valid";
  throw new InputError("ROWMILL_BAD_OPTION", naming`${nameOf(what, issue?.path ?? [])} ${requirement}${given}`);
}

/** What a message calls the place of a problem: an option of the facade as each door does. */
function nameOf(what: string, path: readonly PropertyKey[]): string | NamingText {
  const [first, ...inner] = path.map(String);
  if (first === undefined || what !== "option") return [what, path.map(String).join(".")].join(" ").trimEnd();
  return naming`option ${option(first)}${inner.map((name) => `.${name}`).join("")}`;
}

/** `, not 200` for a value that a line has room for. */
function shortGiven(value: unknown, path: readonly PropertyKey[]): string {
  let at = value;
  for (const key of path) at = (at as Readonly<Record<PropertyKey, unknown>>)[key];
  if (typeof at === "string") return at === "" ? "" : `, not ${quoted(at)}`;
  return typeof at === "number" || typeof at === "boolean" || typeof at === "bigint" ? `, not ${at}` : "";
}

/** What zod found wrong with a value, as what the value must be. */
export function requirementOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "too_small":
      if (issue.origin === "string" && Number(issue.minimum) === 1) return "must not be empty";
      return `must ${limitOf(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum)}`;
    case "too_big":
      return `must ${limitOf(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum)}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${listed(issue.values.map(String), String)}`;
    case "invalid_union": {
      // of the right kind, and wrong in size alone
      const nearest = issue.errors
        .map(([first]) => first)
        .find((first) => first && first.path.length === 0 && SIZES.has(first.code));
      return nearest === undefined ? `must be ${alternativesOf(issue)}` : requirementOf(nearest);
    }
    default:
      return `is wrong: ${issue.message}`;
  }
}

const SIZES: ReadonlySet<unknown> = new Set(["too_small", "too_big"]);

const KINDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
};

function limitOf(origin: string, bound: string, limit: number | bigint): string {
  if (origin === "string") return `have ${bound} ${limit} characters`;
  if (origin === "array") return `have ${bound} ${limit} ${Number(limit) === 1 ? "entry" : "entries"}`;
  return `be ${bound} ${limit}`;
}

function alternativesOf(issue: z.core.$ZodIssueInvalidUnion): string {
  const alternatives = issue.errors.map(([first]) => {
    const kind = first === undefined ? "another" : requirementOf(first).replace(/^must be /, "");
    return first !== undefined && first.path.length > 0 ? `a list whose entries are each ${kind}` : kind;
  });
  return [...new Set(alternatives)].join(" or ");
}

/** The object without its undefined fields. */
export function definedOf<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
