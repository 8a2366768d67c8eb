import type { ChildProcess } from "node:child_process";
import type { Batch, BatchEnd, Failure } from "./child.js";

const BATCH = 500;
/** Beside what its inputs may take, a batch may wait for the machine. */
const PATIENCE_SECONDS = 120;
const SHOW_EVERY_MS = 30_000;

export interface FuzzOptions {
  readonly runs: number;
  /** CPU time that one input may take. */
  readonly limitSeconds: number;
  /** Starts a child; with "trace" it writes the number of each input to its stdout before it tries it. */
  readonly start: (mode: "quiet" | "trace") => ChildProcess;
  readonly onLine: (line: string) => void;
}

export interface FuzzReport {
  readonly runs: number;
  readonly seconds: number;
  /** "regex used", "schema ROWMILL_UNSATISFIABLE_SCHEMA". */
  readonly ends: Readonly<Record<string, number>>;
  /** CPU time. */
  readonly secondsBySubject: Readonly<Record<string, number>>;
  readonly slowest: { readonly index: number; readonly ms: number };
  /** After the first tenth of the run, in its middle, and at its end, when all has been collected; of the same process where none died. */
  readonly rssBytes: { readonly first: number; readonly middle: number; readonly last: number; readonly most: number };
  readonly failures: readonly Failure[];
}

/** Tries the inputs 0 to `runs` - 1 in a process of their own. One that dies or hangs costs its own batch a second try,
 *  which finds the input, and the run goes on behind it. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { runs, limitSeconds, start, onLine } = options;
  const startMs = performance.now();
  const ends: Record<string, number> = {};
  const seconds: Record<string, number> = {};
  const failures: Failure[] = [];
  const rss: number[] = [];
  let slowest = { index: 0, ms: 0 };
  let shownMs = startMs;
  const report = (failure: Failure): void => {
    failures.push(failure);
    onLine(
      `--at ${failure.index} (${failure.subject}): ${failure.error.slice(0, 300)}\n  ${failure.text.slice(0, 500)}`,
    );
  };
  let child = start("quiet");
  for (let from = 0; from < runs; ) {
    const batch = { from, to: Math.min(runs, from + BATCH) };
    const end = await ask(child, batch, limitSeconds + PATIENCE_SECONDS);
    if (end === null) {
      child.kill("SIGKILL");
      const index = await findDeadly(start("trace"), batch, limitSeconds + PATIENCE_SECONDS);
      report({ index, subject: "?", text: "", error: "the process died or hung" });
      from = index + 1;
      child = start("quiet");
      continue;
    }
    add(ends, end.ends);
    add(seconds, end.seconds);
    for (const failure of end.failures) report(failure);
    rss.push(end.rssBytes);
    if (end.slowest.ms > slowest.ms) slowest = end.slowest;
    from = batch.to;
    if (performance.now() - shownMs > SHOW_EVERY_MS) {
      shownMs = performance.now();
      onLine(`${from} of ${runs}, ${failures.length} failures, ${Math.round(end.rssBytes / 2 ** 20)} MiB`);
    }
  }
  child.kill();
  return {
    runs,
    seconds: (performance.now() - startMs) / 1000,
    ends: Object.fromEntries(Object.entries(ends).sort()),
    secondsBySubject: seconds,
    slowest,
    rssBytes: {
      first: rss[Math.floor(rss.length / 10)] ?? 0,
      middle: rss[Math.floor(rss.length / 2)] ?? 0,
      last: rss.at(-1) ?? 0,
      most: rss.reduce((most, one) => Math.max(most, one), 0),
    },
    failures,
  };
}

function add(sums: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(more)) sums[key] = (sums[key] ?? 0) + count;
}

/** null when the child dies or says nothing for too long. */
function ask(child: ChildProcess, batch: Batch, limitSeconds: number): Promise<BatchEnd | null> {
  return new Promise((resolve) => {
    const finish = (end: BatchEnd | null) => {
      clearTimeout(timer);
      child.off("message", finish);
      child.off("exit", onExit);
      resolve(end);
    };
    const onExit = () => finish(null);
    const timer = setTimeout(onExit, limitSeconds * 1000);
    child.on("message", finish);
    child.on("exit", onExit);
    child.send(batch);
  });
}

async function findDeadly(child: ChildProcess, batch: Batch, limitSeconds: number): Promise<number> {
  let last = batch.from;
  child.stdout?.on("data", (data: Buffer) => {
    const numbers = data.toString().trim().split("\n");
    last = Number(numbers.at(-1));
  });
  const end = await ask(child, batch, limitSeconds);
  child.kill("SIGKILL");
  // it did not happen again: go on behind the batch
  return end === null ? last : batch.to - 1;
}
