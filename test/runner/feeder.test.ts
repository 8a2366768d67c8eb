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
function answers({ prompts, done, workers = 1, limits }: Job, requests: readonly Request[]): Answer[] {
  const pending = prompts
    .map((prompt, index) => ({ index, prompt, seeds: [0] }))
    .filter(({ index }) => done?.has(index) !== true);
  const read = (after: number, limit: number) => pending.filter((row) => row.index > after).slice(0, limit);
  const feeder = new Feeder({ read }, pending.length, workers, limits);
  return requests.map(({ worker, wanted }) => feeder.answer(worker, wanted));
}

const byOne = (wants: readonly number[]): Request[] => wants.map((wanted) => ({ worker: 0, wanted }));
const indexesOf = (got: readonly Answer[]) => got.flatMap((answer) => answer.rows.map((row) => row.index));
const unlike = (count: number) => Array.from({ length: count }, (_, index) => `row ${index}`);
/** Rows of three long beginnings by turns. */
const alike = (count: number) => Array.from({ length: count }, (_, index) => `${"abc"[index % 3]}${"-".repeat(30)}`);

describe("rows are dealt to the workers", () => {
  it("each once and in order, over many reads and windows", () => {
    const got = answers({ prompts: unlike(9000) }, byOne(Array<number>(910).fill(10)));
    expect(indexesOf(got)).toEqual(Array.from({ length: 9000 }, (_, index) => index));
  });

  it("each once and in order, though reading them fails now and then", () => {
    const pending = unlike(3000).map((prompt, index) => ({ index, prompt, seeds: [0] }));
    let reads = 0;
    const read = (after: number, limit: number) => {
      if (reads++ % 2 === 1) throw new Error("locked");
      return pending.filter((row) => row.index > after).slice(0, limit);
    };
    // windows of several reads, and requests that go over their ends
    const feeder = new Feeder({ read }, pending.length, 2, { rows: 700, characters: 1e6 });
    const got: number[] = [];
    let failures = 0;
    for (const worker of [0, 1])
      for (let isLast = false; !isLast; ) {
        try {
          const answer = feeder.answer(worker, 90);
          got.push(...answer.rows.map(({ index }) => index));
          isLast = answer.isLast;
        } catch {
          failures++;
        }
      }
    expect(got.sort((a, b) => a - b)).toEqual(pending.map(({ index }) => index));
    expect(failures).toBeGreaterThan(0);
  });

  it("each once, though the window that was read can't be put in order at first, and reads no row before it is", () => {
    let looks = 0;
    const rows = unlike(6).map((text, index) => ({
      index,
      seeds: [0],
      // cutting the windows looks at the text once, ordering them another time
      get prompt(): string {
        if (index === 2 && ++looks === 2) throw new Error("no memory");
        return text;
      },
    }));
    const seen: number[] = [];
    const read = (after: number) => {
      const next = rows[after + 1];
      if (next === undefined) return [];
      seen.push(next.index);
      return [next];
    };
    const feeder = new Feeder({ read }, rows.length, 1, { rows: 3, characters: 1e6 });
    expect(() => feeder.answer(0, 3)).toThrow("no memory");
    expect(seen).toEqual([0, 1, 2]);
    expect(indexesOf([feeder.answer(0, 3)])).toEqual([0, 1, 2]);
    expect(seen).toEqual([0, 1, 2]);
    expect(indexesOf([feeder.answer(0, 4)])).toEqual([3, 4, 5]);
  });

  it("by turns where they share no beginnings", () => {
    const requests = [0, 1, 2, 1, 0].map((worker) => ({ worker, wanted: 3 }));
    const got = answers({ prompts: unlike(40), workers: 3 }, requests);
    expect(got.map(({ rows }) => rows.map(({ index }) => index))).toEqual([
      [0, 3, 6],
      [1, 4, 7],
      [2, 5, 8],
      [10, 13, 16],
      [9, 12, 15],
    ]);
  });

  it("until there are no more", () => {
    const got = answers({ prompts: unlike(5) }, byOne([3, 3, 3]));
    expect(got.map((answer) => answer.isLast)).toEqual([false, true, true]);
  });

  it("the same ones to each in the same order, whoever asks first or more often", () => {
    for (const prompts of [unlike(300), alike(300)]) {
      const job = { prompts, workers: 2, limits: { rows: 90, characters: 1e6 } };
      const sharesOf = (requests: Request[]) => {
        const got = answers(job, requests);
        return [0, 1].map((worker) => indexesOf(got.filter((_, at) => requests[at]?.worker === worker)));
      };
      const [a, b] = [
        { worker: 0, wanted: 10 },
        { worker: 1, wanted: 7 },
      ];
      const even = Array.from({ length: 90 }, (_, at) => (at % 2 === 0 ? a : b));
      const uneven = [...Array<Request>(5).fill(b), ...even];
      expect(sharesOf(uneven)).toEqual(sharesOf(even));
      expect(sharesOf(even).flat()).toHaveLength(300);
    }
  });

  it("anew only when one worker is far behind: who has nothing left takes the back half of what that one has", () => {
    const requests = [
      { worker: 1, wanted: 150 },
      { worker: 1, wanted: 75 },
      { worker: 1, wanted: 38 },
      { worker: 1, wanted: 1 },
      { worker: 0, wanted: 100 },
    ];
    const got = answers({ prompts: unlike(300), workers: 2 }, requests);
    expect(got.map(({ rows, isLast }) => [rows.length, rows[0]?.index, isLast])).toEqual([
      [150, 1, false],
      [75, 150, false],
      [38, 74, false],
      [0, undefined, true],
      [37, 0, true],
    ]);
  });
});

describe("rows that begin alike are dealt together", () => {
  it("one beginning after the other, within each in row order", () => {
    const got = answers({ prompts: alike(9) }, byOne([4, 4, 4]));
    expect(indexesOf(got)).toEqual([0, 3, 6, 1, 4, 7, 2, 5, 8]);
  });

  it("window by window", () => {
    const got = answers({ prompts: alike(12), limits: { rows: 6, characters: 1e6 } }, byOne([12]));
    expect(indexesOf(got)).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
  });

  it("in stretches of about the same work", () => {
    const got = answers({ prompts: alike(18), workers: 2 }, [
      { worker: 1, wanted: 20 },
      { worker: 0, wanted: 20 },
    ]);
    expect(got.map(({ rows }) => rows.map(({ index }) => index))).toEqual([
      [10, 13, 16, 2, 5, 8, 11, 14, 17],
      [0, 3, 6, 9, 12, 15, 1, 4, 7],
    ]);
    const prompts = [...Array<string>(30).fill("a".repeat(100)), ...Array<string>(6).fill("b".repeat(900))];
    const uneven = answers({ prompts, workers: 2 }, [{ worker: 0, wanted: 99 }]);
    expect(uneven[0]?.rows).toHaveLength(30);
  });

  it("in the same order after a crash, for the rows that have no result", () => {
    const done = new Set([3, 1, 2]);
    const got = answers({ prompts: alike(9), done }, byOne([20, 20]));
    expect(indexesOf(got)).toEqual([0, 6, 4, 7, 5, 8]);
  });

  it("each exactly once, however the workers' requests fall, and nothing comes after the end was told", () => {
    const job = fc.record({
      prompts: fc.array(fc.constantFrom("a", "b", "c").chain(beginningWith), { maxLength: 200 }),
      done: fc.uniqueArray(fc.nat(60)).map((rows) => new Set(rows)),
      workers: fc.integer({ min: 1, max: 4 }),
      limits: fc.record({ rows: fc.integer({ min: 1, max: 90 }), characters: fc.integer({ min: 1, max: 4000 }) }),
    });
    const turns = fc.array(fc.record({ worker: fc.nat(3), wanted: fc.integer({ min: 1, max: 40 }) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(job, turns, (some, order) => {
        const random = order.map(({ worker, wanted }) => ({ worker: worker % some.workers, wanted }));
        const atLast = Array.from({ length: some.workers }, (_, worker) => ({ worker, wanted: 1000 }));
        const requests = [...random, ...atLast];
        const got = answers(some, requests);
        const pending = some.prompts.flatMap((_, index) => (some.done.has(index) ? [] : [index]));
        expect(indexesOf(got).sort((a, b) => a - b)).toEqual(pending);
        for (let worker = 0; worker < some.workers; worker++) {
          const own = got.filter((_, at) => requests[at]?.worker === worker);
          const told = own.findIndex(({ isLast }) => isLast);
          expect(told).toBeGreaterThanOrEqual(0);
          expect(indexesOf(own.slice(told + 1))).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const beginningWith = (letter: string) =>
  fc.tuple(fc.constantFrom(2, 40), fc.nat(3)).map(([length, end]) => `${letter.repeat(length)}${end}`);
