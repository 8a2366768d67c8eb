import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compareRuns, isTie } from "../../bench/equality/compare.js";
import type { WrittenRow } from "../../bench/equality/runs.js";

const ROOT = join(import.meta.dirname, "../..");
const written = (tokens: string[], logprobs: number[]): WrittenRow => ({
  text: tokens.join(""),
  tokens: tokens.map((token) => new TextEncoder().encode(token)),
  logprobs: Float32Array.from(logprobs),
});

describe("the comparison of two runs", () => {
  const ours = [written(["a", "b"], [-1, -0.5]), written(["a", "c"], [-1, -0.75]), written(["a"], [-1])];
  const theirs = [written(["a", "b"], [-1.25, -0.5]), written(["a", "d"], [-1, -0.625]), written(["a", "b"], [-1, -2])];
  const found = compareRuns(ours, theirs);

  it("counts equal texts and takes the noise from the tokens that both wrote", () => {
    expect(found).toMatchObject({ rows: 3, equalRows: 1, noise: 0.25 });
  });

  it("shows where outputs part, and how far the two tokens are apart", () => {
    expect(found.differences).toEqual([
      { row: 1, place: 1, tokens: ["c", "d"], logprobs: [-0.75, -0.625], gap: 0.125, texts: ["ac", "ad"] },
      { row: 2, place: 1, tokens: [null, "b"], logprobs: [Infinity, -2], gap: Infinity, texts: ["a", "ab"] },
    ]);
    expect(found.differences.map((parting) => isTie(parting, found.noise))).toEqual([true, false]);
  });

  it("does not mind other tokens of the same text", () => {
    expect(compareRuns([written(["ab"], [-1])], [written(["a", "b"], [-1, -1])])).toMatchObject({
      equalRows: 1,
      noise: 0,
    });
  });
});

describe("the engines on the demo's tables", () => {
  it("write the same but for ties, whatever the slots, and the same again", () => {
    const flags = ["--rows", "300", "--slots", "12", "--json"];
    const text = execFileSync(process.execPath, ["scripts/runTypeScript.mjs", "bench", "equality", ...flags], {
      ...{ cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    });
    const comparisons = JSON.parse(text) as {
      rows: number;
      equalRows: number;
      unexplained: number | null;
      noise: number;
    }[];
    expect(comparisons).toHaveLength(4);
    for (const { rows, equalRows, unexplained } of comparisons) {
      expect(rows).toBe(300);
      expect(equalRows).toBeGreaterThanOrEqual(0.98 * rows);
      expect(unexplained ?? 0).toBe(0);
    }
    expect(comparisons[3]).toMatchObject({ equalRows: 300, noise: 0 });
  });
});
