import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_COUNTS } from "../../src/progress/counts.js";
import { formatProgress, formatProgressLine, type Progress } from "../../src/progress/index.js";

const progress: Progress = {
  jobId: "job-1",
  status: "RUNNING",
  rowsTotal: 1000,
  waitingFor: null,
  ...NO_COUNTS,
  rowsDone: 450,
  inputTokens: 12_500,
  outputTokens: 8300,
  elapsedSeconds: 32.9,
  remainingSeconds: 45.2,
  tokensPerSecond: 325.42,
  rowsPerSecond: 14,
};

describe("a progress bar", () => {
  it("says what a job waits for, and only the bar and what stands in brackets make way for it", () => {
    const other = "job-5f0c1a2b (64 % done, about 3 min left)";
    const queued = { ...progress, status: "QUEUED", rowsDone: 0, waitingFor: other };
    expect(formatProgress(queued, 100)).toBe(`Progress: 0%|${" ".repeat(16)}| 0/1000 QUEUED, waiting for ${other}`);
    expect(formatProgress(queued, 84)).toBe(`Progress: 0% 0/1000 QUEUED, waiting for ${other}`);
    expect(formatProgress(queued, 50)).toBe("0% 0/1000 QUEUED, waiting for job-5f0c1a2b");
    expect(formatProgressLine({ ...progress, waitingFor: "space on /data" })).toBe(
      "Progress: 45% 450/1000 waiting for space on /data",
    );
  });

  it("shows the orders to a terminal that a disk's name gives, in the width that there is", () => {
    const full = { ...progress, waitingFor: "space on /media/\u001b[31mA\u009b2J\u202e" };
    const shown = "45% 450/1000 waiting for space on /media/\\u001b[31mA\\u009b2J\\u202e";
    expect(formatProgressLine(full)).toBe(`Progress: ${shown}`);
    expect(formatProgress(full, 70)).toBe(shown);
  });

  it("looks as documented", () => {
    expect(formatProgress(progress, 127)).toBe(
      "Progress: 45%|██████      | 450/1000 [00:32<00:45] Input tokens processed: 12500, Tokens generated: 8300, Total tokens/s: 325.4",
    );
  });

  it.each([
    [
      300,
      `Progress: 45%|${"█".repeat(23)}${" ".repeat(27)}| 450/1000 [00:32<00:45] Input tokens processed: 12500, Tokens generated: 8300, Total tokens/s: 325.4`,
    ],
    [
      119,
      "Progress: 45%|██  | 450/1000 [00:32<00:45] Input tokens processed: 12500, Tokens generated: 8300, Total tokens/s: 325.4",
    ],
    [
      100,
      `Progress: 45%|${"█".repeat(13)}${" ".repeat(14)}| 450/1000 [00:32<00:45] 12500 in, 8300 out, 325.4 tokens/s`,
    ],
    [79, "Progress: 45%|███   | 450/1000 [00:32<00:45] 12500 in, 8300 out, 325.4 tokens/s"],
    [70, "Progress: 45%|████████         | 450/1000 [00:32<00:45] 325.4 tokens/s"],
    [50, "Progress: 45%|██████      | 450/1000 [00:32<00:45]"],
    [40, "Progress: 45%|████████        | 450/1000"],
    [20, "45% 450/1000"],
    [5, "45% 4"],
    [0, ""],
  ])("in %d columns gives up the least needed first", (width, expected) => {
    expect(formatProgress(progress, width)).toBe(expected);
  });

  it("says ? for a remaining time that is not known, and hours as h:mm:ss", () => {
    const long = { ...progress, elapsedSeconds: 3599.99, remainingSeconds: null };
    expect(formatProgress(long, 127)).toContain("[59:59<?]");
    expect(formatProgress({ ...long, elapsedSeconds: 3600, remainingSeconds: 90_061 }, 130)).toContain(
      "[1:00:00<25:01:01]",
    );
  });

  it("is full, and says 100%, only when every row has its result", () => {
    expect(formatProgress({ ...progress, rowsDone: 999 }, 127)).toContain("99%|███████████ |");
    expect(formatProgress({ ...progress, rowsDone: 1000 }, 127)).toContain("100%|██████████| 1000/1000");
    expect(formatProgress({ ...progress, rowsDone: 0 }, 127)).toContain("0%|               | 0/1000");
  });

  it("counts failed rows as finished and names them", () => {
    const line = formatProgress({ ...progress, rowsDone: 440, rowsFailed: 10 }, 160);
    expect(line).toContain("450/1000");
    expect(line).toMatch(/, Rows failed: 10$/);
  });

  it("says what a job waits for before it has begun", () => {
    const waiting = { ...progress, status: "QUEUED", rowsDone: 0, inputTokens: 0, outputTokens: 0, elapsedSeconds: 0 };
    expect(formatProgress({ ...waiting, remainingSeconds: null }, 60)).toBe(
      `Progress: 0%|${" ".repeat(22)}| 0/1000 [00:00<?] QUEUED`,
    );
  });

  it("names no rate until there is one", () => {
    const fresh = { ...progress, remainingSeconds: null, tokensPerSecond: 0 };
    for (const width of [127, 79, 70, 50]) expect(formatProgress(fresh, width)).not.toContain("0.0");
    expect(formatProgress(fresh, 127)).toMatch(
      / \[00:32<\?\] Input tokens processed: 12500, Tokens generated: 8300, Total tokens\/s: –$/,
    );
    expect(formatProgress(fresh, 79)).toMatch(/ 12500 in, 8300 out, – tokens\/s$/);
    expect(formatProgressLine(fresh)).toMatch(/, Total tokens\/s: –$/);
  });

  it("never is wider than it may be, whatever the numbers", () => {
    const count = fc.nat({ max: 10 ** 9 });
    const seconds = fc.double({ min: 0, max: 10 ** 7, noNaN: true });
    const anyProgress = fc.record({
      ...{ jobId: fc.constant("j"), status: fc.constantFrom("QUEUED", "RUNNING", "SUCCEEDED", "FAILED") },
      waitingFor: fc.constantFrom(null, "a runner", "job-5f0c1a2b (64 % done, about 3 min left)"),
      ...{ rowsTotal: count, rowsDone: count, rowsFailed: count, inputTokens: count, outputTokens: count },
      ...{ elapsedSeconds: seconds, remainingSeconds: fc.option(seconds), tokensPerSecond: seconds },
      rowsPerSecond: seconds,
    });
    fc.assert(
      fc.property(anyProgress, fc.integer({ min: 0, max: 300 }), (any, width) => {
        const line = formatProgress({ ...NO_COUNTS, ...any }, width);
        expect(line.length).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/\n|NaN|undefined|Infinity/);
      }),
    );
  });
});

it("a line for a log is the bar's text without the bar", () => {
  expect(formatProgressLine(progress)).toBe(
    "Progress: 45% 450/1000 [00:32<00:45] Input tokens processed: 12500, Tokens generated: 8300, Total tokens/s: 325.4",
  );
});
