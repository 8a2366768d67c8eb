import { readDemoTables } from "../../src/cli/demoTables.js";
import { openSource } from "../../src/data/index.js";
import {
  type BatchPlan,
  type Engine,
  type FrameTokens,
  type JobGrammar,
  tokenizeFrame,
} from "../../src/engine/index.js";
import { joinColumns, planPrompt, renderChat } from "../../src/prompt/index.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";

/** One of the demo's jobs, ready for an engine. */
export interface DemoJob {
  readonly name: string;
  readonly frame: FrameTokens;
  readonly rows: readonly Uint32Array[];
  readonly compiled: CompiledSchema;
}

export async function readDemoJobs(engine: Engine): Promise<DemoJob[]> {
  const jobs: DemoJob[] = [];
  for (const table of readDemoTables()) {
    const format = { systemPrompt: table.systemPrompt, templateArguments: {}, answerPrefix: null };
    const source = await openSource(table.path);
    const parts = planPrompt(
      table.column,
      (source.columns ?? []).map(({ name }) => name),
    );
    const rows: Uint32Array[] = [];
    for await (const batch of source.batches()) {
      for (const text of joinColumns(parts, batch.rowCount, (column) => batch.text(column))) {
        if (text !== null) rows.push(engine.tokenize(text));
      }
    }
    const frame = tokenizeFrame(engine, renderChat(engine.facts, format));
    jobs.push({ name: table.name, frame, rows, compiled: compileSchema(table.schema) });
  }
  return jobs;
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
  engine: Engine,
  job: DemoJob,
  grammar: JobGrammar | null,
  slots: number,
  maxTokens: number,
): Promise<EngineRun> {
  const longest = Math.max(...job.rows.map(({ length }) => length));
  const { prefix, suffix } = job.frame;
  const slotTokens = prefix.length + suffix.length + longest + maxTokens + 1;
  const plan: BatchPlan = { slots, threads: 1, slotTokens, batchTokens: 512 };
  const sampling = {
    ...{ temperature: 0, topP: 1, topK: 0, minP: 0, maxTokens, stop: [] },
    ...{ presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1 },
  };
  const texts: string[] = [];
  const problems: string[] = [];
  let outputTokens = 0;
  let next = 0;
  const pull = async () => {
    const index = next++;
    const tokens = job.rows[index];
    return tokens === undefined ? null : { index, tokens, seed: 1 };
  };
  const meter = {
    addInputTokens: () => undefined,
    addOutputTokens: (count: number) => {
      outputTokens += count;
    },
  };
  const start = process.cpuUsage();
  await engine.run(
    { plan, prefix, suffix, grammar, labels: null, sampling, logprobs: false },
    pull,
    meter,
    (result) => {
      if ("error" in result) problems.push(`row ${result.index}: ${result.error}`);
      else texts[result.index] = result.text;
    },
    new AbortController().signal,
  );
  const { user, system } = process.cpuUsage(start);
  if (problems.length > 0) throw new Error(problems[0]);
  return { cpuUs: user + system, outputTokens, texts };
}
