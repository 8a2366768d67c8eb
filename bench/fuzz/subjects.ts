import { InputError } from "../../src/errors.js";
import {
  choicesGrammar,
  emitGbnf,
  emitTables,
  type GrammarIr,
  readGbnf,
  regexGrammar,
} from "../../src/grammar/index.js";
import { openGrammar, openVocabulary, type TokenMatcher } from "../../src/grammar/masks/index.js";
import { JSON_STYLES } from "../../src/jsonStyle.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";
import { type Random, Random as Seeded, seedOf } from "./random.js";
import { mutatedTables, randomGbnf } from "./randomGrammars.js";
import { randomPattern } from "./randomPatterns.js";
import { mutatedSchema, randomSchema } from "./randomSchemas.js";

export const SUBJECTS = ["collection", "schema", "regex", "gbnf", "tables"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** One input of a run, made from its number alone. */
export interface FuzzInput {
  readonly subject: Subject;
  readonly text: string;
  /** Uses it; gives how it ended: `used`, or the code of the error that a user would see.
   *  @throws whatever a user should never see */
  run(): string;
}

const END = 256;
/** So small that it is used up now and then. */
const MEMORY_BYTES = 4 * 2 ** 20;
const MOST_STEPS = 50;
const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const offsets = Uint32Array.from({ length: 258 }, (_, token) => Math.min(token, 256));

/** Makes the inputs of a run.
 *  @param collection  schemas as JSON texts, to be changed; may be empty */
export function inputsOf(run: number, collection: readonly string[]): (index: number) => FuzzInput {
  const vocabulary = openVocabulary({ bytes, offsets, endTokens: Uint32Array.of(END) });
  const walk = (tables: Uint32Array, random: Random): string | null =>
    walkAtRandom(openGrammar(tables, vocabulary, { memoryBytes: MEMORY_BYTES }).matcher(), random);
  const useSchema = (schema: unknown, random: Random): string => {
    const reading = random.isIn(0.5) ? "full" : "intended";
    const compiled = compileSchema(schema, { style: random.from(JSON_STYLES), reading });
    const document = walk(compiled.tables, random);
    if (random.isIn(0.03)) emitGbnf(compiled.ir);
    if (document !== null) judge(document, compiled, random);
    return "used";
  };
  const useGrammar = (ir: GrammarIr, random: Random): string => {
    walk(emitTables(ir), random);
    if (random.isIn(0.03)) emitGbnf(ir);
    return "used";
  };
  return (index) => {
    const random = new Seeded(seedOf(run, index));
    const subject = subjectAt(random, collection.length > 0);
    const input = (text: string, use: () => string): FuzzInput => ({ subject, text, run: () => endOf(use) });
    if (subject === "regex") {
      const pattern = randomPattern(random);
      if (random.isIn(0.3)) return input(pattern, () => useGrammar(regexGrammar(pattern), random));
      return input(pattern, () => useSchema({ type: "string", pattern }, random));
    }
    if (subject === "gbnf") {
      const text = randomGbnf(random);
      return input(text, () => useGrammar(readGbnf(text), random));
    }
    if (subject === "tables") {
      const tables = mutatedTables(random.from(validTables()), random);
      return input([...tables].join(" "), () => {
        walk(tables, random);
        return "used";
      });
    }
    const schema =
      subject === "schema" ? randomSchema(random) : mutatedSchema(JSON.parse(random.from(collection)), random);
    return input(JSON.stringify(schema) ?? "", () => useSchema(schema, random));
  };
}

function subjectAt(random: Random, hasCollection: boolean): Subject {
  const share = random.next();
  if (share < 0.25) return "regex";
  if (share < 0.5) return "gbnf";
  if (share < 0.8) return "tables";
  return share < 0.82 && hasCollection ? "collection" : "schema";
}

function endOf(use: () => string): string {
  try {
    return use();
  } catch (error) {
    if (error instanceof InputError) return error.code;
    throw error;
  }
}

let tables: readonly Uint32Array[] | null = null;

/** Tables of all kinds of nodes. */
function validTables(): readonly Uint32Array[] {
  tables ??= [
    emitTables(choicesGrammar(["yes", "no", "not sure"])),
    emitTables(readGbnf('root ::= "[" (root ("," root)*)? "]" | [a-z0-9]{2,3}')),
    compileSchema({ type: "object", properties: { a: { type: "string", pattern: "^x+$" }, b: { maxLength: 3 } } })
      .tables,
    compileSchema({ type: "array", items: { enum: [1, "é", null] }, maxItems: 2 }).tables,
  ];
  return tables;
}

/** Follows the masks at random, now and then back again, towards the end after a while.
 *  @returns the text where the walk came to an end; null where it was given up or is no UTF-8 */
function walkAtRandom(matcher: TokenMatcher, random: Random): string | null {
  const written: number[] = [];
  const mask = new Uint32Array(9);
  for (let step = 0; step < MOST_STEPS; step++) {
    matcher.mask(mask);
    const allowed: number[] = [];
    for (let token = 0; token <= END; token++) if ((mask[token >> 5]! >>> (token & 31)) & 1) allowed.push(token);
    if (allowed.length === 0) throw new Error(`nothing may follow ${JSON.stringify(Buffer.from(written).toString())}`);
    const token = choose(allowed, random, step);
    if (!matcher.allows(token)) throw new Error(`the mask has ${token}, and it is not allowed`);
    if (token === END) return textOf(written);
    checkForced(matcher, allowed);
    if (!matcher.accept(token)) throw new Error(`the mask has ${token}, and it is not accepted`);
    written.push(token);
    if (random.isIn(0.1)) {
      const back = 1 + random.below(Math.min(3, written.length));
      matcher.rollback(back);
      written.length -= back;
    }
  }
  return null;
}

function choose(allowed: readonly number[], random: Random, step: number): number {
  if (allowed.includes(END) && random.isIn(0.5)) return END;
  const closing = allowed.filter((token) => token === 0x22 || token === 0x5d || token === 0x7d);
  return closing.length > 0 && random.isIn(step < 20 ? 0.2 : 0.8) ? random.from(closing) : random.from(allowed);
}

function checkForced(matcher: TokenMatcher, allowed: readonly number[]): void {
  const [forced] = matcher.forcedBytes();
  if (forced === undefined) return;
  if (allowed.length === 1 && allowed[0] === forced) return;
  throw new Error(`${forced} is forced where ${allowed.length} tokens are allowed`);
}

function textOf(written: readonly number[]): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(written));
  } catch {
    return null;
  }
}

/** The check takes what a grammar writes that holds its schema whole. Building it costs most, so not every time. */
function judge(document: string, compiled: CompiledSchema, random: Random): void {
  const value: unknown = JSON.parse(document);
  if (!random.isIn(0.05)) return;
  const objection = compiled.validate(value);
  // a schema that refers to itself in place means nothing that a grammar or a check could hold
  if (objection?.endsWith("refers to itself without end") === true) return;
  if (objection !== null && compiled.checked.length === 0) throw new Error(`wrote ${document}: ${objection}`);
}
