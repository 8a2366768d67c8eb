import { type DemoTable, readDemoTables } from "../../src/cli/demoTables.js";
import { openSource } from "../../src/data/index.js";
import type {
  BatchPlan,
  EngineFailure,
  FrameTokens,
  JobGrammar,
  TokenEngine,
  TokenJob,
  TokenResult,
  TokenRow,
} from "../../src/engine/local/index.js";
import { joinColumns, planPrompt } from "../../src/prompt/index.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";
import { chatFrame } from "../engines/workload.js";
import { greedySampling, NO_METER } from "../greedy.js";

/** One of the demo's jobs, ready for an engine. */
export interface DemoJob {
  readonly name: string;
  readonly frame: FrameTokens;
  readonly rows: readonly Uint32Array[];
  readonly compiled: CompiledSchema;
}

export async function readDemoJobs(engine: TokenEngine): Promise<DemoJob[]> {
  const jobs: DemoJob[] = [];
  for (const table of readDemoTables()) {
    const rows = (await readDemoTexts(table)).map((text) => engine.tokenize(text));
    const frame = chatFrame(engine, table.systemPrompt);
    jobs.push({ name: table.name, frame, rows, compiled: compileSchema(table.schema) });
  }
  return jobs;
}

/** A demo table's rows, as its job asks about them. */
export async function readDemoTexts({ path, column }: DemoTable): Promise<string[]> {
  const source = await openSource(path);
  const parts = planPrompt(
    column,
    (source.columns ?? []).map(({ name }) => name),
  );
  const texts: string[] = [];
  for await (const batch of source.batches()) {
    for (const text of joinColumns(parts, batch.rowCount, (name) => batch.text(name))) {
      if (text !== null) texts.push(text);
    }
  }
  return texts;
}

export interface EngineRun {
  /** Of this process on the CPU, so that what else the machine does counts little. */
  readonly cpuUs: number;
  readonly outputTokens: number;
  /** By row. */
  readonly texts: readonly string[];
}

/** Runs a job's rows greedily, as a worker does it.
 *  @param maxTokens  1 leaves little but the reading of the prompts
 *  @throws {Error} what the engine says of a row that fails */
export async function runDemoJob(
  engine: TokenEngine,
  job: DemoJob,
  grammar: JobGrammar | null,
  slots: number,
  maxTokens: number,
): Promise<EngineRun> {
  const start = process.cpuUsage();
  const results = await runDemoRows(engine, job, slots, maxTokens, { grammar });
  const { user, system } = process.cpuUsage(start);
  return {
    cpuUs: user + system,
    outputTokens: results.reduce((sum, result) => sum + result.outputTokens, 0),
    texts: results.map(({ text }) => text),
  };
}

/** Runs a job's rows greedily on one thread; each counts as due.
 *  @param options  what is other than a run in free text
 *  @returns results in row order
 *  @throws {Error} what the engine says of a row that fails */
export async function runDemoRows(
  engine: TokenEngine,
  { rows, frame: { prefix, suffix } }: DemoJob,
  slots: number,
  maxTokens: number,
  options: Partial<TokenJob>,
): Promise<TokenResult[]> {
  const longest = Math.max(...rows.map(({ length }) => length));
  const slotTokens = prefix.length + suffix.length + longest + maxTokens + 1;
  const plan: BatchPlan = { slots, threads: 1, slotTokens, batchTokens: 512, draftTokens: 0, samplesInGraph: false };
  const text = { plan, prefix, suffix, grammar: null, labels: null, logprobs: false };
  const job: TokenJob = { ...text, sampling: greedySampling(maxTokens), ...options };
  const results: TokenResult[] = [];
  const problems: string[] = [];
  let next = 0;
  const pullRow = async (): Promise<TokenRow | null> => {
    const index = next++;
    const tokens = rows[index];
    return tokens === undefined ? null : { index, tokens, seed: 1 };
  };
  const pull = Object.assign(pullRow, { isDue: async () => true });
  const done = (result: TokenResult | EngineFailure): void => {
    if ("error" in result) problems.push(`row ${result.index}: ${result.error}`);
    else results[result.index] = result;
  };
  await engine.run(job, pull, NO_METER, done, new AbortController().signal);
  if (problems.length > 0) throw new Error(problems[0]);
  return results;
}
