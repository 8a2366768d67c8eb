import type { MessagePort } from "node:worker_threads";
import {
  compiledForm,
  type Engine,
  type EngineFailure,
  type EngineMeter,
  type EngineResult,
  type EngineRow,
  openEngine,
  type RowPull,
} from "../engine/index.js";
import type { CompiledOutput } from "../output/index.js";
import { openLane } from "../progress/index.js";
import type { ResultRow } from "../results/index.js";
import type { JobSampling } from "../sampling.js";
import type { FromWorker, ToWorker, WorkerTask } from "./protocol.js";
import { type QueuedRow, RowQueue, type SpentTokens } from "./rowQueue.js";

/** The thread's engine: loaded by its first task, kept for the next ones (a pool serves one model and plan). */
let loaded: { key: string; engine: Engine } | null = null;

async function engineFor(task: WorkerTask): Promise<Engine> {
  const key = JSON.stringify(task.engine);
  if (loaded?.key === key) return loaded.engine;
  await loaded?.engine[Symbol.asyncDispose]();
  loaded = null;
  loaded = { key, engine: await openEngine(task.engine) };
  return loaded.engine;
}

/** Runs inside a piscina thread: pulls rows of one job from the runner until there are none. */
export default async function runTask(task: WorkerTask): Promise<void> {
  const { port } = task;
  try {
    await runRows(task, await engineFor(task), port);
    port.postMessage({ kind: "end" } satisfies FromWorker);
  } finally {
    port.close();
  }
}

async function runRows(task: WorkerTask, engine: Engine, port: MessagePort): Promise<void> {
  const { job } = task;
  const lane = openLane(task.counters, task.lane);
  const output = job.form === null ? null : await compiledForm(job.form);
  const send = (message: FromWorker): void => port.postMessage(message);
  const queue = new RowQueue(job.plan.slots, (rows) => send({ kind: "want", rows }));
  const running = new Map<number, QueuedRow>();
  const abort = new AbortController();
  // greedy decoding would write the same again
  const retries = job.sampling.temperature > 0 ? task.schemaRetries : 0;

  const report = (result: ResultRow): void => {
    lane.add(result.error === null ? "rowsDone" : "rowsFailed", 1);
    send({ kind: "results", results: [result] });
    queue.finish();
  };

  const pullRow = async (): Promise<EngineRow | null> => {
    const queued = await queue.pull();
    if (queued === null) return null;
    const { row, run } = queued;
    running.set(row.index, queued);
    return { index: row.index, text: row.prompt, seed: row.seeds[run] ?? 0 };
  };

  const done = (result: EngineResult | EngineFailure): void => {
    const { index, isInputCut } = result;
    const queued = running.get(index);
    running.delete(index);
    if ("error" in result) {
      const { inputTokens = 0, outputTokens = 0 } = result;
      report({ ...errorRow(index, result.error), inputTokens, outputTokens, ...(isInputCut && { isInputCut }) });
      return;
    }
    const account = { ...accountOf(result, queued?.spent), finish: result.finish, ...(isInputCut && { isInputCut }) };
    const problem = output === null ? null : outputProblem(output, result, job.sampling);
    if (problem === null) report({ ...account, ...partsOf(result), output: result.text, error: null });
    else if (queued !== undefined && queued.run < retries) queue.again(queued, account);
    else
      report({
        ...account,
        labelProbabilities: null,
        output: null,
        error: `${problem}; ${triesOf(task, queued?.run ?? 0)}`,
      });
  };

  port.on("message", (message: ToWorker) => {
    if (message.kind === "rows") queue.add(message.rows, message.isLast);
    else if (message.kind === "held") queue.hold();
    else {
      queue.stop();
      abort.abort();
    }
  });
  queue.open(job.plan.slots);
  const pull: RowPull = Object.assign(pullRow, { isDue: () => queue.isDue() });
  const meter: EngineMeter = {
    addInputTokens: (count) => lane.add("inputTokens", count),
    addOutputTokens: (count) => lane.add("outputTokens", count),
    waitsFor: (what) => send({ kind: "waits", for: what }),
  };
  await engine.run(job, pull, meter, done, abort.signal);
}

/** What a result says of its row besides the output, with the tokens of all the row's runs. */
function accountOf(result: EngineResult, spent: SpentTokens | undefined) {
  const { index, cumulativeLogprob, labelProbabilities, inputTokens, sharedTokens, outputTokens } = result;
  return {
    index,
    cumulativeLogprob,
    labelProbabilities,
    inputTokens: inputTokens + (spent?.inputTokens ?? 0),
    sharedTokens: sharedTokens + (spent?.sharedTokens ?? 0),
    outputTokens: outputTokens + (spent?.outputTokens ?? 0),
  };
}

/** What the result says of the output's parts. */
function partsOf({ tokenLogprobs, fieldProbabilities }: EngineResult) {
  return { ...(tokenLogprobs && { tokenLogprobs }), ...(fieldProbabilities && { fieldProbabilities }) };
}

function errorRow(index: number, error: string): ResultRow {
  const nothing = {
    cumulativeLogprob: null,
    labelProbabilities: null,
    inputTokens: 0,
    sharedTokens: 0,
    outputTokens: 0,
  };
  return { index, output: null, error, finish: "error", ...nothing };
}

/** @returns why the output is not what was asked for, null when it is */
function outputProblem(output: CompiledOutput, result: EngineResult, { maxTokens, stop }: JobSampling): string | null {
  const problem = output.problemOf(result.text, result.finish === "stop" && stop.length === 0);
  if (problem === null) return null;
  // the grammar lets the model end where the output is complete, and only there
  if (problem.isUnfinished && result.finish === "stop" && stop.length > 0)
    return `the stop string ${stop.map((one) => JSON.stringify(one)).join(" or ")} ended the output before it was complete`;
  return problem.isUnfinished && result.finish === "length"
    ? `the output was cut at ${result.outputTokens} tokens (maxTokens ${maxTokens}) before it was complete`
    : problem.reason;
}

/** How often a row that failed was tried, and why not again. */
function triesOf(task: WorkerTask, run: number): string {
  if (task.job.sampling.temperature === 0 && task.schemaRetries > 0)
    return "tried once: at temperature 0 it would write the same again";
  return run === 0 ? "tried once" : `tried ${run + 1} times, each with another seed`;
}
