import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

/** What the check says of native/ with a line more at the end of some of its files. */
function check(lines: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-direction-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync("native", folder, { recursive: true });
  for (const [file, line] of Object.entries(lines)) appendFileSync(join(folder, file), `${line}\n`);
  const { status, stderr } = spawnSync(process.execPath, ["scripts/nativeDirection.mjs", folder], { encoding: "utf8" });
  return { status, problems: stderr.split("\n").filter((line) => line !== "") };
}

it("the rooms of native/ include from below and from nowhere else", () => {
  expect(check({})).toEqual({ status: 0, problems: [] });
});

it.each([
  ["engine/sampling/logits.h", '#include "engine/loop/batch_loop.h"', /may not include from engine\/loop$/],
  ["grammar/tables/tables.h", '#include "engine/llama/model.h"', /may not include from engine\/llama$/],
  ["counters/page_layout.h", '#include "no_such.h"', /which is not there$/],
  ["engine/engine_error.h", '#include "engine/llama/model.h"', /is for all and includes/],
])("the check of includes finds a wrong one in %s", (file, line, problem) => {
  expect(check({ [file]: line })).toEqual({
    status: 1,
    problems: [expect.stringMatching(new RegExp(`^direction of includes: ${file} .*${problem.source}`))],
  });
});
