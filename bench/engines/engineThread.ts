import { parentPort, workerData } from "node:worker_threads";
import {
  type EngineFailure,
  type LocalChoice,
  openTokenEngine,
  type TokenEngine,
  type TokenResult,
  type TokenRow,
} from "../../src/engine/local/index.js";
import { messageOf, RowmillError } from "../../src/errors.js";
import { compileOutput } from "../../src/output/index.js";
import { greedySampling, NO_METER } from "../greedy.js";
import type { FromThread, ThreadRun, ToThread } from "./engineProtocol.js";
import { rowTokens, takeRow } from "./rowShare.js";
import type { RowOutcome } from "./subject.js";

const port = parentPort!;
const send = (message: FromThread): void => port.postMessage(message);
const nowMs = (): number => performance.timeOrigin + performance.now();

/** Runs a share of the rows: first short ones that fill the slots, then, when it is told to, those that are timed. */
async function runRows(engine: TokenEngine, run: ThreadRun, begins: Promise<void>, signal: AbortSignal): Promise<void> {
  const { rows, thread, warmRows, plan, prefix, suffix, form, maxTokens } = run;
  const rowCount = rows.starts.length - 1;
  const outcomes: RowOutcome[] = [];
  const statistics = engine.statistics?.() ?? null;
  let [warmTaken, warmDone, lastMs] = [0, 0, nowMs()];
  let isWarm = false;
  const tellIfWarm = (): void => {
    if (isWarm || warmDone < warmRows) return;
    isWarm = true;
    send({ kind: "warm" });
  };

  const pull = async (): Promise<TokenRow | null> => {
    if (warmTaken < warmRows) {
      const tokens = rowTokens(rows, 0).slice(0, 1);
      return { index: rowCount + warmTaken++, tokens, seed: 1 };
    }
    tellIfWarm();
    await begins;
    const place = signal.aborted ? null : takeRow(rows, thread);
    return place === null ? null : { index: place, tokens: rowTokens(rows, place), seed: 1 };
  };

  const done = (result: TokenResult | EngineFailure): void => {
    if (result.index < rowCount) {
      lastMs = nowMs();
      outcomes.push(outcomeOf(result));
      return;
    }
    if ("error" in result) fail(new Error(`a row of one token failed: ${result.error}`));
    warmDone++;
    tellIfWarm();
  };

  const grammar = form === null ? null : compileOutput(form).grammar;
  const sampling = greedySampling(maxTokens);
  const job = { plan, prefix, suffix, grammar, labels: null, sampling, logprobs: false };
  await engine.run(job, pull, NO_METER, done, signal);
  const after = engine.statistics?.() ?? null;
  send({ kind: "end", outcomes, lastMs, statistics: [statistics, after] });
}

function outcomeOf(result: TokenResult | EngineFailure): RowOutcome {
  if ("error" in result) {
    const nothing = { text: "", isComplete: false, inputTokens: 0, sharedTokens: null, outputTokens: 0 };
    return { index: result.index, ...nothing, error: result.error };
  }
  const { index, text, finish, inputTokens, outputTokens } = result;
  const sharedTokens = result.sharedTokens ?? null;
  return { index, text, isComplete: finish === "stop", inputTokens, sharedTokens, outputTokens, error: null };
}

async function main(): Promise<void> {
  const engine = await openTokenEngine(workerData as LocalChoice);
  let begin = (): void => {};
  let abort = new AbortController();
  port.on("message", (message: ToThread) => {
    switch (message.kind) {
      case "run": {
        const begins = new Promise<void>((resolve) => {
          begin = resolve;
        });
        abort = new AbortController();
        runRows(engine, message.run, begins, abort.signal).catch(fail);
        break;
      }
      case "begin":
        begin();
        break;
      case "stop":
        abort.abort();
        begin();
        break;
      case "close":
        engine[Symbol.asyncDispose]().then(() => {
          send({ kind: "closed" });
          port.close();
        }, fail);
    }
  });
  send({ kind: "open" });
}

function fail(error: unknown): void {
  send({ kind: "failed", reason: messageOf(error), code: error instanceof RowmillError ? error.code : null });
}

main().catch(fail);
