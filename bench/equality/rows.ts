import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSource } from "../../src/data/index.js";
import type { TokenEngine } from "../../src/engine/local/index.js";
import { type DemoJob, readDemoJobs } from "../grammar/demoJobs.js";
import { writeRows } from "../rows.js";

/** The demo's jobs, and reviews of `bench:rows` behind those of the demo, with so many rows together.
 *  @param seed  of the reviews that are made */
export async function equalityJobs(engine: TokenEngine, rows: number, seed: number): Promise<DemoJob[]> {
  const jobs = await readDemoJobs(engine);
  let left = rows;
  const cut = jobs.map((job) => {
    const taken = job.rows.slice(0, left);
    left -= taken.length;
    return { ...job, rows: taken };
  });
  const made = left > 0 ? await madeReviews(engine, left, seed) : [];
  return cut
    .map((job) => (job.name === "reviews" ? { ...job, rows: [...job.rows, ...made] } : job))
    .filter((job) => job.rows.length > 0);
}

async function madeReviews(engine: TokenEngine, rows: number, seed: number): Promise<Uint32Array[]> {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-equality-"));
  try {
    const { path } = await writeRows(rows, join(folder, "reviews.csv"), seed);
    const source = await openSource(path);
    const tokens: Uint32Array[] = [];
    for await (const batch of source.batches()) {
      for (const text of batch.text("text")) tokens.push(engine.tokenize(text ?? ""));
    }
    return tokens;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
