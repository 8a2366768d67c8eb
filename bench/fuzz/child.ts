// Started by bench/fuzzSchema.ts: takes { from, to } messages, tries those inputs and says how they ended.
import { readFileSync, writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { inputsOf } from "./subjects.js";

/** What is asked of the child. */
export interface Batch {
  readonly from: number;
  readonly to: number;
}

export interface Failure {
  readonly index: number;
  readonly subject: string;
  readonly text: string;
  readonly error: string;
}

/** What it says of a batch. */
export interface BatchEnd {
  readonly ends: Readonly<Record<string, number>>;
  /** CPU time of this process, since the machine may have other work. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly slowest: { readonly index: number; readonly ms: number };
  readonly failures: readonly Failure[];
  readonly rssBytes: number;
}

const [run, corpusFile, limit, tracing] = process.argv.slice(2);
const limitMs = Number(limit) * 1000;
const corpus = corpusFile === "" ? [] : readFileSync(corpusFile!, "utf8").split("\n");
const inputAt = inputsOf(Number(run), corpus);
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

process.on("message", ({ from, to }: Batch) => {
  const ends: Record<string, number> = {};
  const seconds: Record<string, number> = {};
  const failures: Failure[] = [];
  let slowest = { index: from, ms: 0 };
  for (let index = from; index < to; index++) {
    // which input was in work when the process died
    if (tracing === "trace") writeSync(1, `${index}\n`);
    const start = process.cpuUsage();
    const input = inputAt(index);
    let end: string;
    try {
      end = input.run();
    } catch (error) {
      end = "BUG";
      failures.push({
        index,
        subject: input.subject,
        text: input.text,
        error: String((error as Error).stack ?? error),
      });
    }
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    if (ms > slowest.ms) slowest = { index, ms };
    if (ms > limitMs) {
      failures.push({ index, subject: input.subject, text: input.text, error: `took ${(ms / 1000).toFixed(1)} s` });
    }
    const key = `${input.subject} ${end}`;
    ends[key] = (ends[key] ?? 0) + 1;
    seconds[input.subject] = (seconds[input.subject] ?? 0) + ms / 1000;
  }
  collect();
  const answer: BatchEnd = { ends, seconds, slowest, failures, rssBytes: process.memoryUsage.rss() };
  process.send!(answer);
});
