// Started by bench/hostile.ts: makes one schema ready as a job does, and says how that ended.

import { InputError } from "../../src/errors.js";
import { longestOutput } from "../../src/grammar/index.js";
import { openGrammar, openVocabulary } from "../../src/grammar/masks/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { HOSTILE } from "./schemas.js";

/** What the child says of its schema. */
export interface HostileEnd {
  readonly end: string;
  readonly rules: number;
  readonly checked: number;
  /** CPU time of compiling and of what the submission asks of the grammar. */
  readonly compileMs: number;
  /** CPU time of the tables, of opening them natively and of the first mask. */
  readonly openMs: number;
  /** CPU time of the GBNF text, and its size. */
  readonly gbnfMs: number;
  readonly gbnfBytes: number;
  /** Memory before the schema was made, behind compiling, and at the most. */
  readonly firstBytes: number;
  readonly compiledBytes: number;
  readonly mostBytes: number;
}

const schema = HOSTILE[process.argv[2]!]!();
const text = JSON.stringify(schema);
// what engines and checks need anyway is no cost of the schema
compileSchema({ type: "string", pattern: "a", minLength: 2 }).validate("");
const firstBytes = process.memoryUsage.rss();
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const mostBytes = () => process.resourceUsage().maxRSS * 1024;

const said = { end: "used", rules: 0, checked: 0, compileMs: 0, openMs: 0, gbnfMs: 0, gbnfBytes: 0, compiledBytes: 0 };
let startMs = cpuMs();
try {
  const compiled = compileSchema(JSON.parse(text));
  longestOutput(compiled.ir);
  compiled.labelFields();
  said.compileMs = cpuMs() - startMs;
  said.compiledBytes = mostBytes();
  said.rules = Object.keys(compiled.ir.rules).length;
  said.checked = compiled.checked.length;
  startMs = cpuMs();
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const offsets = Uint32Array.from({ length: 258 }, (_, token) => Math.min(token, 256));
  const vocabulary = openVocabulary({ bytes, offsets, endTokens: Uint32Array.of(256) });
  const matcher = openGrammar(compiled.tables, vocabulary).matcher();
  walk(matcher);
  compiled.validate(null);
  said.openMs = cpuMs() - startMs;
  startMs = cpuMs();
  said.gbnfBytes = Buffer.byteLength(compiled.gbnf);
  said.gbnfMs = cpuMs() - startMs;
} catch (error) {
  if (said.compiledBytes === 0) said.compileMs = cpuMs() - startMs;
  said.end =
    error instanceof InputError ? `refused: ${error.message}` : `FAILED: ${String((error as Error).stack ?? error)}`;
}
const end: HostileEnd = { ...said, firstBytes, mostBytes: mostBytes() };
process.send!(end, () => process.disconnect());

/** Some way on, by the last token that each mask has. */
function walk(matcher: ReturnType<ReturnType<typeof openGrammar>["matcher"]>): void {
  const mask = new Uint32Array(9);
  for (let step = 0; step < 40; step++) {
    matcher.mask(mask);
    let token = 255;
    while (token >= 0 && ((mask[token >> 5]! >>> (token & 31)) & 1) === 0) token--;
    if (token < 0) return;
    if (!matcher.accept(token)) throw new Error(`the mask has ${token}, and it is not accepted`);
  }
}
