import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readCollection, type SchemaCase } from "../../bench/schema/collection.js";
import { InputError, messageOf } from "../../src/errors.js";
import { openGrammar } from "../../src/grammar/masks/index.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";
import { openByteVocabulary } from "../grammar/masks/byteVocabulary.js";
import { type Miss, REASONS } from "./suiteReasons.js";

const data = process.env.ROWMILL_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
const suite = join(data, "json-schema-test-suite.jsonl.gz");

interface Found {
  instances: number;
  byGrammar: number;
  withCheck: number;
  readonly misses: Miss[];
}

/** The suite's draft-07 schemas don't name their draft: whoever runs them knows it. */
function schemaOf({ group, schemaText }: SchemaCase): unknown {
  const schema: unknown = JSON.parse(schemaText);
  const isMap = typeof schema === "object" && schema !== null;
  if (!isMap || group?.startsWith("draft7/") !== true) return schema;
  return { $schema: "http://json-schema.org/draft-07/schema#", ...schema };
}

/** Counts a case's instances, through the masks of a vocabulary of single bytes. */
function judge(one: SchemaCase, found: Found): void {
  const schema = schemaOf(one);
  const miss = (kind: Miss["kind"], text: string, said: string, checked: readonly string[]) =>
    found.misses.push({ kind, file: one.group ?? "", schema, text, said, checked });
  found.instances += one.instances.length;
  let compiled: CompiledSchema;
  try {
    compiled = compileSchema(schema, { reading: "full" });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // refused at submission: right when no value is valid
    const isRight = error.code === "ROWMILL_UNSATISFIABLE_SCHEMA" && one.instances.every(({ isValid }) => !isValid);
    if (isRight) found.byGrammar += one.instances.length;
    else for (const { text } of one.instances) miss("refused", text, error.message, []);
    return;
  }
  const { checked } = compiled;
  const grammar = openGrammar(compiled.tables, openByteVocabulary());
  for (const { text, isValid } of one.instances) {
    const tokens = Int32Array.from(Buffer.from(text));
    const isAccepted = grammar.replay(tokens, new Float64Array(tokens.length)) === -1;
    const objection = objectionTo(compiled, text);
    if (isAccepted === isValid) found.byGrammar++;
    if (isValid && isAccepted && objection !== null) miss("check", text, objection, checked);
    if (isValid && !isAccepted) miss("rejects", text, objection ?? "", checked);
    if (isValid || !isAccepted) continue;
    // a superset of the schema, and it says so: the check decides
    if (checked.length > 0 && objection !== null) found.withCheck++;
    else miss("accepts", text, objection ?? "", checked);
  }
}

function objectionTo(compiled: CompiledSchema, text: string): string | null {
  try {
    return compiled.validate(JSON.parse(text));
  } catch (error) {
    return `the check fails: ${messageOf(error)}`;
  }
}

test("every case of the official suite that a grammar can decide is decided right, the others for a reason", (context) => {
  if (!existsSync(suite)) context.skip(`no ${suite} here`);
  const found: Found = { instances: 0, byGrammar: 0, withCheck: 0, misses: [] };
  for (const one of readCollection(suite, null)) judge(one, found);
  const counts = new Map<string, number>(REASONS.map(({ reason }) => [reason, 0]));
  const unexplained: Miss[] = [];
  for (const miss of found.misses) {
    const why = REASONS.find(({ isWhy }) => isWhy(miss))?.reason;
    if (why === undefined) unexplained.push(miss);
    else counts.set(why, counts.get(why)! + 1);
  }
  const { instances, byGrammar, withCheck } = found;
  console.info({ instances, byGrammar, withCheck, ...Object.fromEntries(counts) });
  const linesOf = unexplained.map((miss) => JSON.stringify(miss));
  expect(linesOf).toEqual([]);
  for (const { reason, most } of REASONS) {
    expect([reason, counts.get(reason)! <= most]).toEqual([reason, true]);
  }
  expect(byGrammar + withCheck).toBeGreaterThan(instances * 0.93);
});
