import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { Feeder } from "../../src/runner/feeder.js";
import type { ToWorker } from "../../src/worker/index.js";

/** The answers that arrive at the other end. */
async function answers(total: number, wants: readonly number[], workers = 1): Promise<ToWorker[]> {
  const pending = Array.from({ length: total }, (_, index) => ({ index, prompt: `row ${index}`, seeds: [0] }));
  const read = (after: number, limit: number) => pending.filter((row) => row.index > after).slice(0, limit);
  const feeder = new Feeder({ read }, total, workers);
  const { port1, port2 } = new MessageChannel();
  const received: ToWorker[] = [];
  const all = new Promise<void>((resolve) => {
    port2.on("message", (message: ToWorker) => {
      received.push(message);
      if (received.length === wants.length) resolve();
    });
  });
  for (const want of wants) feeder.feed(port1, want);
  await all;
  port1.close();
  return received;
}

describe("rows are handed to whoever asks", () => {
  it("gives each row once and in order, over many reads", async () => {
    const wants = Array<number>(140).fill(10);
    const got = await answers(1300, wants);
    const indexes = got.flatMap((answer) => (answer.kind === "rows" ? answer.rows.map((row) => row.index) : []));
    expect(indexes).toEqual(Array.from({ length: 1300 }, (_, index) => index));
  });

  it("gives no worker more than its part of what is left", async () => {
    const got = await answers(20, [32, 32, 32, 32], 2);
    expect(got.map((answer) => answer.kind === "rows" && answer.rows.length)).toEqual([10, 5, 3, 1]);
  });

  it("says when there are no more", async () => {
    const got = await answers(5, [3, 3, 3]);
    expect(got.map((answer) => answer.kind === "rows" && answer.isLast)).toEqual([false, false, true]);
  });
});
