import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { type Home, openHome } from "../../src/jobs/index.js";
import { checkOptions } from "../../src/submission/options.js";
import { estimateJobs } from "../../src/submission/submit.js";

let folder: string;
let home: Home;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-warnings-"));
  home = openHome(folder);
});
afterEach(() => {
  home[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** What is told while the rows of a list are counted for the starter model. */
async function warningsFor(outputSchema: unknown): Promise<string[]> {
  const warnings: string[] = [];
  const nothing = (): void => undefined;
  const context = { home, models: {}, onPull: nothing, onRows: nothing, warn: (line: string) => warnings.push(line) };
  const options = checkOptions({ outputSchema }, { model: "starter", engine: "auto" });
  await estimateJobs(context, ["a row"], options);
  return warnings;
}

it("what a schema says and nothing enforces is told in one line each", async () => {
  const path = { type: "string", format: "path" };
  expect(await warningsFor({ type: "object", properties: { at: path, from: path } })).toEqual([
    'the schema\'s format "path" is an annotation and is not enforced',
  ]);
  expect(await warningsFor(z.object({ n: z.string().transform(Number) }))).toEqual([
    "the schema's transform at #/properties/n is not applied: results are what its parse takes",
  ]);
  expect(await warningsFor({ type: "string", format: "date" })).toEqual([]);
});
