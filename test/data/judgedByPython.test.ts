import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeThrough } from "../results/throughFiles.js";
import { readAll, scratchFolder } from "./scratch.js";

const python = process.env.ROWMILL_TEST_PYTHON;
const hasJudge = canTest(
  "python",
  python !== undefined,
  "texts judged by Python (set ROWMILL_TEST_PYTHON to a Python)",
);

const folder = scratchFolder();

/** Writes JSON as Python does, numbers of every size among it, and says which of two files' lines are not the same values. */
const JUDGE = `
import csv, json, random, sys
from decimal import Decimal

def exact(line):
    # Decimal tells 1.0 from 1 and -0 from 0 by its text
    return json.loads(line, parse_float=lambda t: ("float", t), parse_int=lambda t: ("int", t), parse_constant=lambda t: ("word", t))

job, first, second = sys.argv[1:4]
if job == "write-json":
    r = random.Random(int(second))
    def value(depth):
        kind = r.randrange(9 if depth > 0 else 7)
        if kind == 0: return r.randrange(-2**80, 2**80)
        if kind == 1: return r.uniform(-1, 1) * 10.0 ** r.randrange(-308, 308)
        if kind == 2: return float(r.randrange(-5, 5))
        if kind == 3: return r.choice([float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1e308])
        if kind == 4: return "".join(r.choice('a"\\\\\\n\\t/\\u00e9\\u20ac\\U0001f600') for _ in range(r.randrange(6)))
        if kind == 5: return r.choice([True, False, None])
        if kind == 6: return r.randrange(-2**53 - 2, 2**53 + 2)
        if kind == 7: return [value(depth - 1) for _ in range(r.randrange(4))]
        return {f"k{i}": value(depth - 1) for i in range(r.randrange(4))}
    with open(first, "w", encoding="utf-8") as f:
        for i in range(200):
            f.write(json.dumps({"i": i, "v": value(3)}, ensure_ascii=bool(i % 2)) + "\\n")
elif job == "compare-json":
    for a, b in zip(open(first, encoding="utf-8"), open(second, encoding="utf-8"), strict=True):
        had, has = exact(a), exact(b)
        has.pop("inference_result")
        if had != has: print(a.strip(), "became", b.strip())
elif job == "read-csv":
    with open(first, newline="", encoding="utf-8") as f:
        print(json.dumps(list(csv.reader(f, delimiter=second))))
`;

import { canTest } from "../wanted.js";

function judge(...words: string[]): string {
  const script = join(folder, "judge.py");
  writeFileSync(script, JUDGE);
  return execFileSync(python as string, [script, ...words], { encoding: "utf8" });
}

describe.skipIf(!hasJudge)("Python, as the judge,", () => {
  test.each([1, 2, 3, 4, 5])(
    "finds in JSON Lines and JSON that it wrote each value as it was, seed %i",
    async (seed) => {
      const given = join(folder, "python.jsonl");
      judge("write-json", given, String(seed));
      const lines = await writeThrough(given, join(folder, "ours.jsonl"));
      expect(judge("compare-json", given, lines)).toBe("");
      const rows = readFileSync(given, "utf8").trimEnd().split("\n");
      const array = join(folder, "python.json");
      writeFileSync(array, `[${rows.join(", ")}]`);
      expect(judge("compare-json", given, await writeThrough(array, join(folder, "array.jsonl")))).toBe("");
    },
  );

  test("reads the same fields in any CSV text that both take", async () => {
    const field = fc.stringMatching(/^[a-z ;|,"\n€'0-9.-]{0,6}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(",", ";", "|"),
        async (records, separator) => {
          // quoted where it must be, and not where it need not be
          const quoted = (text: string) =>
            /[;|,"\n]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
          const path = join(folder, "fields.csv");
          const lines = [["x", "y"], ...records].map((record) => record.map(quoted).join(separator));
          writeFileSync(path, `${lines.join("\n")}\n`);
          const judged = (JSON.parse(judge("read-csv", path, separator)) as string[][]).slice(1);
          expect((await readAll(path)).rows).toEqual(judged.map(([x, y]) => ({ x, y })));
        },
      ),
      { numRuns: 25 },
    );
  });
});
