import { describe, expect, it } from "vitest";
import { PassingError } from "../../src/jobs/index.js";
import type { ResultRow } from "../../src/results/index.js";
import { Checkpoint } from "../../src/runner/checkpoint.js";

const row = (index: number): ResultRow => ({
  index,
  output: "x",
  error: null,
  cumulativeLogprob: null,
  inputTokens: 1,
  outputTokens: 1,
  labelProbabilities: null,
});

/** A job file on a disk that can be full for ten minutes; test/runner/disk.test.ts has a real one. */
function newCheckpoint() {
  const disk = { isFull: false, nowMs: 0, rows: [] as number[], told: [] as (string | null)[] };
  const file = {
    appendResults(results: readonly ResultRow[]) {
      if (disk.isFull) throw new PassingError("ROWMILL_DISK_FULL", "no room", "space on /data", null);
      disk.rows.push(...results.map((result) => result.index));
      return { stored: results.length, duplicates: 0 };
    },
  };
  const tell = (waitsFor: string | null) => disk.told.push(waitsFor);
  return { disk, checkpoint: new Checkpoint(file, tell, () => disk.nowMs) };
}

describe("results while the disk is full", () => {
  it("wait, and are all written once there is room", () => {
    const { disk, checkpoint } = newCheckpoint();
    checkpoint.add([row(0)]);
    disk.isFull = true;
    expect(checkpoint.write()).toBe(false);
    expect(checkpoint.isStalled).toBe(true);
    checkpoint.add([row(1)]);
    expect(checkpoint.write()).toBe(false);
    disk.isFull = false;
    expect(checkpoint.write()).toBe(true);
    expect(checkpoint.isStalled).toBe(false);
    expect(disk.rows).toEqual([0, 1]);
    expect(disk.told).toEqual(["space on /data", null]);
  });

  it("end the job after ten minutes", () => {
    const { disk, checkpoint } = newCheckpoint();
    disk.isFull = true;
    checkpoint.add([row(0)]);
    checkpoint.write();
    disk.nowMs = 600_001;
    expect(() => checkpoint.write()).toThrow(/could not be written for 10 minutes: no room/);
  });
});
