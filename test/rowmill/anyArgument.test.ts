import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { InputError, Rowmill } from "../../src/index.js";
import { embeddedModelPath } from "../../src/models/index.js";

let folder: string;
let mill: Rowmill;
/** The starter without its chat template: to render one takes a process, and hundreds of jobs are asked for here. */
let model: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-any-"));
  // where no home is named, the user's own is not touched either
  vi.stubEnv("ROWMILL_HOME", join(folder, "default"));
  model = join(folder, "plain.gguf");
  const bytes = readFileSync(embeddedModelPath("starter"));
  bytes.write("no", bytes.indexOf("tokenizer.chat_template"));
  writeFileSync(model, bytes);
  mill = new Rowmill({ home: join(folder, "home"), output: null });
});
afterAll(async () => {
  await mill.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
const trap = () => {
  throw new TypeError("a trap");
};
/** Breaks whoever looks at it. */
const boobyTrap = new Proxy({}, new Proxy({}, { get: () => trap }));
const getters = Object.fromEntries(
  ["text", "model", "type", "home", "force", "style", "format"].map((name) => [name, 0]),
);
for (const name of Object.keys(getters)) Object.defineProperty(getters, name, { get: trap, enumerable: true });
/** What is made to break its reader, and what has broken others. */
const hostile: unknown[] = [
  ...[undefined, null, 0, Number.NaN, 1n, true, Symbol("s"), trap, [], {}, "", "\0", "a\0b", "\ud800"],
  ...[
    new Date(Number.NaN),
    new Map([[{}, {}]]),
    Object.create(null),
    new Error("e"),
    new WeakMap(),
    /a/g,
    [[]],
    [undefined],
  ],
  ...[
    cyclic,
    [cyclic],
    getters,
    [getters],
    boobyTrap,
    [boobyTrap],
    { text: boobyTrap },
    { toJSON: trap },
    { collect: trap },
  ],
  ...[{ [Symbol.iterator]: trap }, { [Symbol.toPrimitive]: trap }, { toString: trap }],
];
const anything = fc
  .anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
  })
  // a text may be a good answer: the name of a folder to make
  .filter((value) => typeof value !== "string");

type Call = (value: never) => unknown;
/** Every public method, with one argument that may be anything. */
const calls: [name: string, call: Call][] = [
  ["new Rowmill(options)", (value) => new Rowmill(value)],
  ["home", (value) => new Rowmill({ home: value })],
  ["output", (value) => new Rowmill({ home: mill.home, output: value })],
  ["progress mode", (value) => new Rowmill({ home: mill.home, output: null, progress: value })],
  ["models", (value) => new Rowmill({ home: mill.home, output: null, models: value })],
  ["infer(data)", (value) => mill.infer(value, { model, column: "text", dryRun: true })],
  ["infer(rows)", (value) => mill.infer([{ text: "a" }, value], { model, column: "text", dryRun: true })],
  ["infer(row's field)", (value) => mill.infer([{ text: value }], { model, column: "text", dryRun: true })],
  ["infer(…, options)", (value) => mill.infer([1], value)],
  ["outputSchema", (value) => mill.infer(["a"], { model, outputSchema: value, dryRun: true })],
  ["samplingParams", (value) => mill.infer(["a"], { model, samplingParams: value, dryRun: true })],
  ["column", (value) => mill.infer([{ text: "a" }], { model, column: value, dryRun: true })],
  ["name", (value) => mill.infer(["a"], { model, name: value, dryRun: true })],
  ["attach", (value) => mill.attach(value)],
  ["progress", (value) => mill.progress(value)],
  ["awaitJobCompletion", (value) => mill.awaitJobCompletion(value)],
  ["awaitJobCompletion(…, options)", (value) => mill.awaitJobCompletion("job-none", value)],
  ["getJobStatus", (value) => mill.getJobStatus(value)],
  ["getJob", (value) => mill.getJob(value)],
  ["cancelJob", (value) => mill.cancelJob(value)],
  ["removeJob", (value) => mill.removeJob(value)],
  ["getJobResults", (value) => mill.getJobResults(value)],
  ["getJobResults(…, options)", (value) => mill.getJobResults("job-none", value)],
  ["iterateJobResults", (value) => mill.iterateJobResults(value).next()],
  ["iterateJobResults(…, options)", (value) => mill.iterateJobResults("job-none", value).next()],
  ["writeJobResults", (value) => mill.writeJobResults(value, join(folder, "out.csv"))],
  ["writeJobResults(…, path)", (value) => mill.writeJobResults("job-none", value)],
  ["streamJobResults", (value) => mill.streamJobResults(value).next()],
  ["streamJobResults(…, format)", (value) => mill.streamJobResults("job-none", value).next()],
  ["checkResultPath", (value) => Rowmill.checkResultPath(value)],
  ["checkSchema", (value) => Rowmill.checkSchema(value)],
  ["checkSchema(…, options)", (value) => Rowmill.checkSchema({ type: "string" }, value)],
  ["showModel", (value) => mill.showModel(value)],
  ["pullModel", (value) => mill.pullModel(value)],
  ["pullModel(…, options)", (value) => mill.pullModel("no-such-model", value)],
];

async function refusesAsMistake(call: Call, value: unknown): Promise<void> {
  try {
    const made = await call(value as never);
    if (made instanceof Rowmill) await made.close();
  } catch (error) {
    if (!(error instanceof InputError)) throw new Error("something else than the caller's mistake", { cause: error });
  }
}

test.for(calls)("%s takes any value, or refuses it as the caller's mistake", async ([, call]) => {
  const broken: unknown[] = [];
  for (const [place, value] of hostile.entries())
    await refusesAsMistake(call, value).catch((error: Error) => broken.push([place, (error.cause as Error)?.stack]));
  expect(broken).toEqual([]);
  await fc.assert(
    fc.asyncProperty(anything, (value) => refusesAsMistake(call, value)),
    { numRuns: 20 },
  );
});

test("what is missing is said by its name", async () => {
  await expect(mill.getJob(undefined as never)).rejects.toThrow("the job's id is missing: it must be a text");
  await expect(mill.writeJobResults("job-1", null as never)).rejects.toThrow("the path of the results is null");
  expect(() => new Rowmill({ output: 7 as never })).toThrow(/output .*a writable stream or null/);
});

test("an id of a megabyte and a hundred thousand columns make errors of one screen", async () => {
  const id = await mill.getJob("x".repeat(1_000_000)).catch((error: Error) => error.message);
  expect(String(id).length).toBeLessThan(1920);
  expect(id).toMatch(/^there is no job "xxx.* … x+" in .*; this home has no jobs yet$/);
  const row = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`column_${i}`, i]));
  const column = await mill
    .infer([row], { model, column: "colunm_7", dryRun: true })
    .then(String, (error: Error) => error.message);
  expect(column.length).toBeLessThan(1920);
  expect(column).toMatch(/"column_9" and 99,990 more; did you mean "column_7"\?$/);
});
