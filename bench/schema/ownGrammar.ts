import { readFileSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { messageOf, RowmillError } from "../../src/errors.js";
import { openGrammar, type TokenGrammar, type Vocabulary } from "../../src/grammar/masks/index.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";
import type { Instance } from "./collection.js";
import { ACCEPTED, type SchemaReplay, type TokenizedCase, withoutGrammar } from "./replay.js";

/** A replay of this project's grammar, and what the check after generation adds. */
export interface OwnReplay extends SchemaReplay {
  /** Keywords that the grammar leaves to the check; none when it holds the schema whole. */
  readonly checked: readonly string[];
  /** What the check says of each instance that the grammar accepts; null when valid or not reached. */
  readonly objections: readonly (string | null)[];
  /** The schema was refused because no value can satisfy it. */
  readonly isUnsatisfiable: boolean;
  /** From the schema's text to the native grammar: the part of `ttfmNs` before the first mask. */
  readonly compileNs: number;
  /** Most resident memory while this schema was worked on, above what there was before; 0 where the system can't say. */
  readonly addedBytes: number;
}

const COLLECT_EVERY = 16;

/** Replays the cases one after the other on this thread. The times of masks are taken in C++.
 *  Time to first mask: JSON.parse of the schema's text, compileSchema, the tables, openGrammar (no state of it exists
 *  before), and the first mask, which counts among the masks too. */
export async function replayOwn(
  cases: readonly TokenizedCase[],
  vocabulary: Vocabulary,
  onProgress: (done: number) => void,
): Promise<OwnReplay[]> {
  const collect = garbageCollector();
  const replays: OwnReplay[] = [];
  for (const [index, one] of cases.entries()) {
    // grammars are shared by content while they live: what no schema uses any more goes, outside all timing
    if (index % COLLECT_EVERY === 0) {
      collect();
      // Node.js lets go of native objects between turns of its loop only
      await setImmediate();
    }
    replays.push(withPeak(() => replayCase(one, vocabulary)));
    onProgress(index + 1);
  }
  return replays;
}

function replayCase(one: TokenizedCase, vocabulary: Vocabulary): Omit<OwnReplay, "addedBytes"> {
  const start = process.hrtime.bigint();
  let compileNs = Number.NaN;
  try {
    const compiled = compileSchema(JSON.parse(one.schemaText), { reading: "full" });
    const grammar = openGrammar(compiled.tables, vocabulary);
    compileNs = Number(process.hrtime.bigint() - start);
    const cold = replayAll(one, grammar);
    const firstMaskNs = cold.times[0] ?? timedMask(grammar);
    const warm = replayAll(one, grammar);
    return {
      compileError: null,
      ttfmNs: compileNs + firstMaskNs,
      coldNs: cold.times,
      warmNs: warm.times,
      ends: cold.ends,
      checked: compiled.checked,
      objections: one.instances.map((instance, index) =>
        cold.ends[index] === ACCEPTED ? objectionTo(instance, compiled) : null,
      ),
      isUnsatisfiable: false,
      compileNs,
    };
  } catch (error) {
    const code = error instanceof RowmillError ? error.code : "BUG";
    return {
      ...withoutGrammar(`${code}: ${messageOf(error)}`),
      checked: [],
      objections: [],
      isUnsatisfiable: code === "ROWMILL_UNSATISFIABLE_SCHEMA",
      compileNs: Number.isNaN(compileNs) ? Number(process.hrtime.bigint() - start) : compileNs,
    };
  }
}

/** A check that fails itself is wrong of any instance. */
function objectionTo({ text, isValid }: Instance, compiled: CompiledSchema): string | null {
  try {
    return compiled.validate(JSON.parse(text));
  } catch (error) {
    return isValid ? `BUG: ${messageOf(error)}` : null;
  }
}

function replayAll(one: TokenizedCase, grammar: TokenGrammar): { times: Float64Array; ends: number[] } {
  const times = new Float64Array(one.tokens.reduce((sum, { length }) => sum + length, 0));
  let used = 0;
  const ends = one.tokens.map((tokens) => {
    const end = grammar.replay(tokens, times.subarray(used, used + tokens.length));
    used += end === ACCEPTED ? tokens.length : Math.min(end + 1, tokens.length);
    return end;
  });
  return { times: times.slice(0, used), ends };
}

function timedMask(grammar: TokenGrammar): number {
  const matcher = grammar.matcher();
  const start = process.hrtime.bigint();
  matcher.mask();
  return Number(process.hrtime.bigint() - start);
}

/** Linux keeps a process's peak and lets it begin anew. */
function withPeak(work: () => Omit<OwnReplay, "addedBytes">): OwnReplay {
  const before = process.memoryUsage.rss();
  let canTell = true;
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    canTell = false;
  }
  const replay = work();
  const peak = canTell ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] : undefined;
  return { ...replay, addedBytes: peak === undefined ? 0 : Math.max(0, Number(peak) * 1024 - before) };
}

function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
