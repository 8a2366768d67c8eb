import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { compiledSources } from "./child.js";
import { scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
const run = compiledSources();
const duck = await (await DuckDBInstance.create(":memory:")).connect();

/** Reads every row's text and kept bytes; how far memory grew above where it stood before, when a small file of the kind had been
 *  read: what its reader takes is no matter of the file's size. */
const reading = (path: string, small: string) => `
  import { openSource } from "src/data/index.js";
  async function read(path) {
    const source = await openSource(path, { columns: ["text"] });
    let rows = 0, characters = 0, keptBytes = 0;
    for await (const batch of source.batches()) {
      rows += batch.rowCount;
      for (const text of batch.text("text")) characters += text.length;
      keptBytes += batch.encode()?.bytes.length ?? 0;
    }
    return { rows, characters, keptBytes };
  }
  await read(${JSON.stringify(small)});
  const before = process.resourceUsage().maxRSS;
  const seen = await read(${JSON.stringify(path)});
  console.log(JSON.stringify({ ...seen, grownBytes: (process.resourceUsage().maxRSS - before) * 1024 }));
`;

interface Reading {
  readonly rows: number;
  readonly characters: number;
  readonly keptBytes: number;
  readonly grownBytes: number;
}

describe("files larger than the memory that reading them takes", () => {
  test("a CSV file", async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, i) => `${i},${"some words that stand for a text, ".slice(0, 33)}\n`,
    );
    const chunk = lines.join("").replaceAll(/,(some.*)/g, `,"${"$1 ".repeat(7)}"`);
    writeFileSync(at("big.csv"), "id,text\n");
    for (let i = 0; i < 32; i++) appendFileSync(at("big.csv"), chunk);
    const fileBytes = statSync(at("big.csv")).size;
    expect(fileBytes).toBeGreaterThan(75e6);
    writeFileSync(at("small.csv"), `id,text\n${chunk.slice(0, 10_000)}`.replace(/\n[^\n]*$/, "\n"));
    const seen = (await run(reading(at("big.csv"), at("small.csv")))) as Reading;
    expect(seen.rows).toBe(320_000);
    expect(seen.keptBytes).toBeGreaterThan(fileBytes);
    expect(seen.grownBytes).toBeLessThan(fileBytes * 0.8);
  });

  test("a Parquet file", async () => {
    const text = Array.from({ length: 8 }, (_, i) => `md5((i + ${i})::varchar)`).join(" || ");
    const write = (rows: number, path: string) =>
      duck.run(
        `copy (select i id, ${text} as text from range(${rows}) r(i)) to '${path}' (format parquet, compression 'uncompressed', row_group_size 20480)`,
      );
    await write(1_200_000, at("big.parquet"));
    await write(1000, at("small.parquet"));
    const fileBytes = statSync(at("big.parquet")).size;
    expect(fileBytes).toBeGreaterThan(280e6);
    const seen = (await run(reading(at("big.parquet"), at("small.parquet")))) as Reading;
    expect(seen).toMatchObject({ rows: 1_200_000, characters: 1_200_000 * 256 });
    expect(seen.grownBytes).toBeLessThan(fileBytes * 0.8);
  });
});

describe("what would end the process", () => {
  test("a Parquet file with damaged pages is unreadable, and the process lives on", async () => {
    await duck.run(
      `copy (select i id, md5(i::varchar) as text from range(5000) r(i)) to '${at("sound.parquet")}' (format parquet, compression 'zstd')`,
    );
    const bytes = readFileSync(at("sound.parquet"));
    for (let i = 1000; i < 1400; i++) bytes[i] = (bytes[i] as number) ^ 0x5a;
    writeFileSync(at("damaged.parquet"), bytes);
    const outcome = await run(`
      import { openSource } from "src/data/index.js";
      async function count(path) {
        let rows = 0;
        for await (const batch of (await openSource(path)).batches()) rows += batch.rowCount;
        return rows;
      }
      const error = await count(${JSON.stringify(at("damaged.parquet"))}).catch((error) => error);
      const rows = await count(${JSON.stringify(at("sound.parquet"))});
      console.log(JSON.stringify({ code: error.code, message: error.message, rows, listeners: process.listenerCount("uncaughtException") }));
    `);
    expect(outcome).toEqual({
      code: "ROWMILL_UNREADABLE",
      message: `${at("damaged.parquet")} can't be read: its pages are damaged, or need more than 4 GB of memory.`,
      rows: 5000,
      listeners: 0,
    });
  });

  // a limit on a file's size, the nearest to a full disk that needs no rights
  test.each(["csv", "parquet"])(
    "a .%s file that finds no room is one clear error and leaves no part",
    async (extension) => {
      mkdirSync(at("full"), { recursive: true });
      const outcome = await run(
        `
      import { writeResults } from "src/results/index.js";
      process.on("SIGXFSZ", () => {});
      async function* batches() {
        for (let i = 0; i < 200; i++) {
          const rows = Array.from({ length: 2000 }, (_, j) => ({ index: i * 2000 + j, output: Math.random() + " " + Math.random(), error: null, cumulativeLogprob: null }));
          yield { rows, prompts: [], inputs: null };
        }
      }
      const shape = { kind: "list", columns: [], outputColumn: "out", includeInputs: false, includeCumulativeLogprobs: false, unpackJson: false, unpackedColumns: null, includeErrors: true };
      const error = await writeResults(batches(), shape, ${JSON.stringify(at(`full/x.${extension}`))}).catch((error) => error);
      console.log(JSON.stringify({ code: error.code, exitCode: error.exitCode }));
      `,
        "ulimit -f 256",
      );
      expect(outcome).toEqual({ code: "ROWMILL_DISK_FULL", exitCode: 2 });
      expect(readdirSync(at("full"))).toEqual([]);
    },
  );
});
