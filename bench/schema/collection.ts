import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { InputError, messageOf } from "../../src/errors.js";
import { inSchemaOrder } from "./keyOrder.js";
import { type RawJson, readRawJson, writeRawJson } from "./rawJson.js";

/** One text that a schema's grammar is to accept or to refuse. */
export interface Instance {
  readonly isValid: boolean;
  /** As the grammar sees it: MaskBench's `json.dumps` form, keys in schema order. */
  readonly text: string;
}

/** One line of a collection. */
export interface SchemaCase {
  /** MaskBench's name, or the test suite's file and description. */
  readonly name: string;
  /** The test suite's file; MaskBench has none. */
  readonly group: string | null;
  readonly schemaText: string;
  readonly instances: readonly Instance[];
}

/** Reads a collection: JSON Lines, gzip or not, of `{name | file and description, schema, tests: [{valid, data}]}`.
 *  @param limit  how many schemas to take from the beginning; null for all
 *  @throws {InputError} ROWMILL_BAD_COLLECTION when it can't be read or is empty, or a line has another shape */
export function readCollection(path: string, limit: number | null): readonly SchemaCase[] {
  const cases: SchemaCase[] = [];
  for (const [index, line] of linesOf(path).entries()) {
    if (limit !== null && cases.length >= limit) break;
    if (line.trim() === "") continue;
    try {
      cases.push(caseOf(line));
    } catch (cause) {
      throw new InputError("ROWMILL_BAD_COLLECTION", `${path}, line ${index + 1}: ${messageOf(cause)}`, { cause });
    }
  }
  if (cases.length === 0) throw new InputError("ROWMILL_BAD_COLLECTION", `${path} is empty: no schema in it`);
  return cases;
}

function linesOf(path: string): readonly string[] {
  try {
    const bytes = readFileSync(path);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
  } catch (cause) {
    throw new InputError("ROWMILL_BAD_COLLECTION", `${path} can't be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Without the path, which the message has already. */
function reasonOf(cause: unknown): string {
  if ((cause as { code?: string }).code === "ENOENT") return "there is no such file";
  return messageOf(cause).replace(/, open '.*'$/, "");
}

function caseOf(line: string): SchemaCase {
  const { schema, tests, name, file, description } = fieldsOf(readRawJson(line));
  if (schema === undefined || tests?.kind !== "array") throw new SyntaxError("has no schema, or no list of tests");
  const instances = tests.places.map((test): Instance => {
    const { valid, data } = fieldsOf(test);
    if (data === undefined || valid?.kind !== "word") throw new SyntaxError("has a test without valid or data");
    return { isValid: valid.text === "true", text: writeRawJson(inSchemaOrder(data, schema)) };
  });
  const textOf = (field: RawJson | undefined) => (field?.kind === "string" ? field.value : null);
  return {
    name: textOf(name) ?? [textOf(file), textOf(description)].filter((part) => part !== null).join(": "),
    group: textOf(file),
    schemaText: writeRawJson(schema),
    instances,
  };
}

function fieldsOf(value: RawJson): Readonly<Record<string, RawJson | undefined>> {
  if (value.kind !== "object") throw new SyntaxError("is no object");
  return Object.fromEntries(value.members);
}
