import { describe, expect, it } from "vitest";
import { RowQueue } from "../../src/worker/rowQueue.js";

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ index: from + at, prompt: "", seeds: [0, 1, 2] }));

describe("a worker's row queue", () => {
  it("gives rows in order and asks for more before it is empty", async () => {
    const asked: number[] = [];
    const queue = new RowQueue(4, (count) => asked.push(count));
    queue.open(2);
    expect(asked).toEqual([6]);
    queue.add(rows(0, 6), false);
    const taken = [];
    for (let i = 0; i < 4; i++) taken.push((await queue.pull())?.row.index);
    expect(taken).toEqual([0, 1, 2, 3]);
    expect(asked).toEqual([6, 4]);
  });

  it("asks once, not again before the answer", async () => {
    const asked: number[] = [];
    const queue = new RowQueue(4, (count) => asked.push(count));
    queue.open(1);
    queue.add(rows(0, 2), false);
    await queue.pull();
    await queue.pull();
    expect(asked).toEqual([5, 4]);
  });

  it("does not keep an engine waiting for rows that come only when those in flight have ended", async () => {
    const asked: number[] = [];
    const queue = new RowQueue(2, (count) => asked.push(count));
    queue.open(2);
    queue.add(rows(0, 1), false);
    await queue.pull();
    const isDue = queue.isDue();
    queue.hold();
    expect(await isDue).toBe(false);
    // it goes on with what it has, and asks no more for what is promised
    expect(await queue.isDue()).toBe(false);
    expect(asked).toEqual([4, 2]);
    const next = queue.pull();
    queue.finish();
    queue.add(rows(1, 1), false);
    expect(await next).toMatchObject({ row: { index: 1 } });
  });

  it("ends only when no row in flight can come back for another run", async () => {
    const queue = new RowQueue(2, () => undefined);
    queue.open(2);
    queue.add(rows(0, 1), true);
    const first = await queue.pull();
    expect(first).toMatchObject({ run: 0 });
    const idleSlot = queue.pull();
    if (first) queue.again(first, { inputTokens: 1, sharedTokens: 0, outputTokens: 1 });
    expect(await idleSlot).toMatchObject({ row: { index: 0 }, run: 1 });
    const end = queue.pull();
    queue.finish();
    expect(await end).toBeNull();
  });

  it("lets waiting slots go when it is stopped", async () => {
    const queue = new RowQueue(2, () => undefined);
    queue.open(1);
    const waiting = queue.pull();
    queue.stop();
    expect(await waiting).toBeNull();
  });

  it("gives nothing after it was stopped, also while rows are in flight that will never finish", async () => {
    const queue = new RowQueue(2, () => undefined);
    queue.open(1);
    queue.add(rows(0, 2), false);
    expect((await queue.pull())?.row.index).toBe(0);
    queue.stop();
    expect(await queue.pull()).toBeNull();
  });
});

describe("whether a row is due", () => {
  const isSettled = async (promise: Promise<unknown>) => {
    const open = Symbol("open");
    await new Promise((resolve) => setImmediate(resolve));
    return (await Promise.race([promise, Promise.resolve(open)])) !== open;
  };

  it("is told when the runner has answered: yes with a row, no where those in flight are all there are", async () => {
    const queue = new RowQueue(2, () => undefined);
    queue.open(1);
    const first = queue.isDue();
    expect(await isSettled(first)).toBe(false);
    queue.add(rows(0, 1), false);
    expect(await first).toBe(true);
    expect(await queue.isDue()).toBe(true);
    await queue.pull();
    const second = queue.isDue();
    expect(await isSettled(second)).toBe(false);
    queue.add([], true);
    expect(await second).toBe(false);
  });

  it("is yes once it was stopped: the end comes at once", async () => {
    const queue = new RowQueue(2, () => undefined);
    queue.open(1);
    const asked = queue.isDue();
    queue.stop();
    expect(await asked).toBe(true);
    expect(await queue.isDue()).toBe(true);
  });
});
