import { MessageChannel } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WindowLimits } from "../../src/prompt/index.js";
import { Feeder } from "../../src/runner/feeder.js";
import type { ToWorker } from "../../src/worker/index.js";

type Answer = Extract<ToWorker, { kind: "rows" }>;
interface Request {
  readonly worker: number;
  readonly wanted: number;
}

interface Job {
  readonly prompts: readonly string[];
  /** Rows that have a result already. */
  readonly done?: ReadonlySet<number>;
  readonly workers?: number;
  readonly limits?: WindowLimits;
}

/** The answers to the requests, in their order. */
async function answers({ prompts, done, workers = 1, limits }: Job, requests: readonly Request[]): Promise<Answer[]> {
  const pending = prompts
    .map((prompt, index) => ({ index, prompt, seeds: [0] }))
    .filter(({ index }) => done?.has(index) !== true);
  const read = (after: number, limit: number) => pending.filter((row) => row.index > after).slice(0, limit);
  const feeder = new Feeder({ read }, pending.length, workers, limits);
  const channels = Array.from({ length: workers }, () => new MessageChannel());
  const received = channels.map((): Answer[] => []);
  let open = requests.length;
  const all = new Promise<void>((resolve) => {
    channels.forEach(({ port2 }, worker) => {
      port2.on("message", (message: Answer) => {
        received[worker]?.push(message);
        if (--open === 0) resolve();
      });
    });
  });
  for (const { worker, wanted } of requests) feeder.feed(channels[worker]?.port1 as never, wanted);
  await all;
  for (const { port1 } of channels) port1.close();
  return requests.map(({ worker }) => received[worker]?.shift() as Answer);
}

const byOne = (wants: readonly number[]): Request[] => wants.map((wanted) => ({ worker: 0, wanted }));
const indexesOf = (got: readonly Answer[]) => got.flatMap((answer) => answer.rows.map((row) => row.index));
const unlike = (count: number) => Array.from({ length: count }, (_, index) => `row ${index}`);
/** Rows of three long beginnings by turns. */
const alike = (count: number) => Array.from({ length: count }, (_, index) => `${"abc"[index % 3]}${"-".repeat(30)}`);

describe("rows are handed to whoever asks", () => {
  it("gives each row once and in order, over many reads and windows", async () => {
    const got = await answers({ prompts: unlike(9000) }, byOne(Array<number>(910).fill(10)));
    expect(indexesOf(got)).toEqual(Array.from({ length: 9000 }, (_, index) => index));
  });

  it("gives no worker more than its part of what is left", async () => {
    for (const prompts of [unlike(20), alike(20)]) {
      const got = await answers({ prompts, workers: 2 }, byOne([32, 32, 32, 32]));
      expect(got.map((answer) => answer.rows.length)).toEqual([10, 5, 3, 1]);
    }
  });

  it("says when there are no more", async () => {
    const got = await answers({ prompts: unlike(5) }, byOne([3, 3, 3]));
    expect(got.map((answer) => answer.isLast)).toEqual([false, false, true]);
  });

  it("keeps row order over all workers where rows share no beginnings", async () => {
    const requests = [0, 1, 2, 1, 0, 2, 2].map((worker) => ({ worker, wanted: 2 }));
    const got = await answers({ prompts: unlike(40), workers: 3 }, requests);
    expect(indexesOf(got)).toEqual(Array.from({ length: 14 }, (_, index) => index));
  });
});

describe("rows that begin alike are handed out together", () => {
  it("one beginning after the other, within each in row order", async () => {
    const got = await answers({ prompts: alike(9) }, byOne([4, 4, 4]));
    expect(indexesOf(got)).toEqual([0, 3, 6, 1, 4, 7, 2, 5, 8]);
  });

  it("window by window", async () => {
    const got = await answers({ prompts: alike(12), limits: { rows: 6, characters: 1e6 } }, byOne([12]));
    expect(indexesOf(got)).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
  });

  it("to several workers in parts, and who has emptied its own takes the back half of the largest", async () => {
    const requests = [
      { worker: 0, wanted: 2 },
      { worker: 1, wanted: 2 },
      { worker: 1, wanted: 4 },
      { worker: 1, wanted: 1 },
      { worker: 0, wanted: 1 },
    ];
    // two halves of nine: 0 3 6 9 12 15 1 4 7 and 10 13 16 2 5 8 11 14 17
    const got = await answers({ prompts: alike(18), workers: 2 }, requests);
    expect(got.map(({ rows }) => rows.map(({ index }) => index))).toEqual([[0, 3], [10, 13], [16, 2, 5, 8], [11], [6]]);
    const rest = await answers({ prompts: alike(18), workers: 2 }, [
      ...Array<Request>(9).fill({ worker: 1, wanted: 1 }),
      { worker: 0, wanted: 1 },
      { worker: 1, wanted: 1 },
      { worker: 1, wanted: 1 },
    ]);
    expect(indexesOf(rest).slice(9)).toEqual([10, 8, 11]);
  });

  it("in the same order after a crash, for the rows that have no result", async () => {
    const done = new Set([3, 1, 2]);
    const got = await answers({ prompts: alike(9), done }, byOne([20, 20]));
    expect(indexesOf(got)).toEqual([0, 6, 4, 7, 5, 8]);
  });

  it("each exactly once, however the workers' requests fall, and the end is told only when all are out", async () => {
    const job = fc.record({
      prompts: fc.array(fc.constantFrom("a", "b", "c").chain(beginningWith), { maxLength: 60 }),
      done: fc.uniqueArray(fc.nat(60)).map((rows) => new Set(rows)),
      workers: fc.integer({ min: 1, max: 4 }),
      limits: fc.record({ rows: fc.integer({ min: 1, max: 30 }), characters: fc.integer({ min: 1, max: 2000 }) }),
    });
    const turns = fc.array(fc.record({ worker: fc.nat(3), wanted: fc.integer({ min: 1, max: 9 }) }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(job, turns, async (some, order) => {
        const random = order.map(({ worker, wanted }) => ({ worker: worker % some.workers, wanted }));
        const atLast = Array.from({ length: some.prompts.length + 1 }, () => ({ worker: 0, wanted: 9 }));
        const got = await answers(some, [...random, ...atLast]);
        const pending = some.prompts.flatMap((_, index) => (some.done.has(index) ? [] : [index]));
        expect(indexesOf(got).sort((a, b) => a - b)).toEqual(pending);
        const told = got.findIndex(({ isLast }) => isLast);
        expect(told).toBeGreaterThanOrEqual(0);
        expect(indexesOf(got.slice(told + 1))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

const beginningWith = (letter: string) =>
  fc.tuple(fc.constantFrom(2, 40), fc.nat(3)).map(([length, end]) => `${letter.repeat(length)}${end}`);
