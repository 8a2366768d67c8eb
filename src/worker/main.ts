import type { MessagePort } from "node:worker_threads";
import {
  type Engine,
  type EngineFailure,
  type EngineResult,
  type EngineRow,
  openEngine,
  tokenizeFrame,
} from "../engine/index.js";
import { messageOf } from "../errors.js";
import { openLane } from "../progress/index.js";
import { fitRow, renderChat } from "../prompt/index.js";
import type { ResultRow } from "../results/index.js";
import { type CompiledSchema, compileSchema } from "../schema/index.js";
import type { FromWorker, ToWorker, WorkerTask } from "./protocol.js";
import { type QueuedRow, RowQueue } from "./rowQueue.js";

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
  const lane = openLane(task.counters, task.lane);
  const schema = task.outputSchema === null ? null : compileSchema(task.outputSchema);
  const frame = renderChat(engine.facts, task.format);
  const { prefix, suffix } = tokenizeFrame(engine, frame);
  // the model's room, as at submission: a slot is sized by the longest row that fits, and every row that fits the model fits it
  const capacity = engine.facts.contextLength - prefix.length - suffix.length - task.sampling.maxTokens;
  const send = (message: FromWorker): void => port.postMessage(message);
  const queue = new RowQueue(Math.ceil(task.plan.slots / 2), (rows) => send({ kind: "want", rows }));
  const running = new Map<number, QueuedRow>();
  const abort = new AbortController();
  const retries = task.sampling.temperature > 0 ? task.schemaRetries : 0;

  const report = (result: ResultRow): void => {
    if (result.error === null) lane.rowDone();
    else lane.rowFailed();
    send({ kind: "results", results: [result] });
    queue.finish();
  };

  const pull = async (): Promise<EngineRow | null> => {
    for (;;) {
      const queued = await queue.pull();
      if (queued === null) return null;
      const { row, run } = queued;
      const text = frame.trimsRow ? row.prompt.trim() : row.prompt;
      try {
        const tokens = fitRow(engine.tokenize(text), capacity, task.truncateRows);
        running.set(row.index, queued);
        return { index: row.index, tokens, seed: row.seeds[run] ?? 0 };
      } catch (error) {
        report(errorRow(row.index, messageOf(error)));
      }
    }
  };

  const done = (result: EngineResult | EngineFailure): void => {
    const queued = running.get(result.index);
    running.delete(result.index);
    if ("error" in result) {
      report(errorRow(result.index, result.error));
      return;
    }
    const problem = schema === null ? null : outputProblem(schema, result, task.sampling.maxTokens);
    if (problem !== null && queued !== undefined && queued.run < retries) queue.again(queued);
    else report({ ...accountOf(result), output: problem === null ? result.text : null, error: problem });
  };

  port.on("message", (message: ToWorker) => {
    if (message.kind === "rows") queue.add(message.rows, message.isLast);
    else {
      queue.stop();
      abort.abort();
    }
  });
  queue.open(task.plan.slots);
  await engine.run(
    { plan: task.plan, prefix, suffix, gbnf: schema?.gbnf ?? null, sampling: task.sampling, logprobs: task.logprobs },
    pull,
    lane,
    done,
    abort.signal,
  );
}

function accountOf(result: EngineResult) {
  const { index, cumulativeLogprob, inputTokens, outputTokens } = result;
  return { index, cumulativeLogprob, inputTokens, outputTokens };
}

function errorRow(index: number, error: string): ResultRow {
  return { index, output: null, error, cumulativeLogprob: null, inputTokens: 0, outputTokens: 0 };
}

/** @returns why the output is no valid instance of the schema, null when it is one */
function outputProblem(schema: CompiledSchema, result: EngineResult, maxTokens: number): string | null {
  let value: unknown;
  try {
    value = JSON.parse(result.text);
  } catch {
    return result.finish === "length"
      ? `the output was cut at ${result.outputTokens} tokens (maxTokens ${maxTokens}) before its JSON was complete`
      : "the output is not JSON";
  }
  const problem = schema.validate(value);
  return problem === null ? null : `the output does not fit the schema: ${problem}`;
}
