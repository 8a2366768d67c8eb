// Measures the starter model through the product's own API and prints the tables of its card (models/starter/README.md):
//   npm run starter:evaluate [-- --model FILE.gguf --json report.json]
// Four parts: generated cases (models/starter/recipe/cases.json, made by its cases.py), natural texts written by hand
// before any result was seen, the demo's tables, and speed. Greedy; a job has one prompt and schema for all its rows.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readDemoTables } from "../src/cli/demoTables.js";
import { Rowmill } from "../src/index.js";

const PACKAGE = new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url);
const RECIPE = new URL("models/starter/recipe/", PACKAGE);
const REVIEW_PROMPT = "Classify the sentiment of the product review as positive, negative or neutral.";
const TICKET_PROMPT =
  "Classify the support ticket. topic is one of billing, shipping, returns, technical, account, other; " +
  "urgency is low, medium or high.";
const REVIEW_LABELS = { sentiment: ["positive", "negative", "neutral"] };
const TICKET_LABELS = {
  topic: ["billing", "shipping", "returns", "technical", "account", "other"],
  urgency: ["low", "medium", "high"],
};

interface Field {
  readonly fact: string;
  /** The key of a JSON answer; null where the whole answer is the value. */
  readonly key: string | null;
}

/** A prompt with its texts and the right answers. */
interface Case {
  readonly table: string;
  readonly system: string;
  readonly schema: object | null;
  readonly fields: readonly (Field & { readonly group?: string })[];
  readonly rows: readonly { readonly text: string; readonly answer: unknown }[];
}

/** Hits and totals by table and line, in the order in which they were first counted. */
class Tally {
  readonly tables = new Map<string, Map<string, [hits: number, total: number]>>();

  count(table: string, line: string, isHit: boolean): void {
    const lines = this.tables.get(table) ?? new Map<string, [number, number]>();
    this.tables.set(table, lines);
    const [hits, total] = lines.get(line) ?? [0, 0];
    lines.set(line, [hits + (isHit ? 1 : 0), total + 1]);
  }

  print(): void {
    for (const [table, lines] of this.tables) {
      console.log(`\n${table}`);
      for (const [line, [hits, total]] of lines) {
        const share = ((100 * hits) / total).toFixed(1).padStart(5);
        console.log(`  ${line.padEnd(16)} ${share} %  (${hits}/${total})`);
      }
    }
  }
}

function enumSchema(labels: Record<string, readonly string[]>): object {
  const properties = Object.fromEntries(Object.entries(labels).map(([key, values]) => [key, { enum: values }]));
  return { type: "object", properties, required: Object.keys(labels) };
}

function generatedCases(path: string | URL): Case[] {
  if (!existsSync(path)) throw new Error(`${path} is missing: make it with models/starter/recipe/cases.py`);
  const made = JSON.parse(readFileSync(path, "utf8")) as (Omit<Case, "table"> & { split: string })[];
  return made.map((one) => ({ ...one, table: `generated, ${one.split}` }));
}

function naturalCases(file: string, table: string): Case[] {
  const texts = readFileSync(new URL(file, RECIPE), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
  const caseOf = (kind: string, system: string, labels: Record<string, readonly string[]>): Case => ({
    table,
    system,
    schema: enumSchema(labels),
    fields: Object.keys(labels).map((key) => ({ fact: key, key })),
    rows: texts.filter((text) => text.kind === kind).map((text) => ({ text: text.text ?? "", answer: text })),
  });
  return [caseOf("review", REVIEW_PROMPT, REVIEW_LABELS), caseOf("ticket", TICKET_PROMPT, TICKET_LABELS)];
}

/** The value of a field in an answer; undefined where the answer is no such JSON. */
function fieldOf(answer: unknown, key: string | null): unknown {
  if (key === null) return typeof answer === "string" ? answer.trim() : answer;
  return typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>)[key] : undefined;
}

function parsed(output: unknown): unknown {
  try {
    return JSON.parse(String(output));
  } catch {
    return undefined;
  }
}

function countCase(tally: Tally, one: Case, outputs: readonly unknown[]): void {
  one.rows.forEach((row, index) => {
    const answer = one.schema === null ? outputs[index] : parsed(outputs[index]);
    for (const { fact, key, group } of one.fields) {
      const isHit = JSON.stringify(fieldOf(answer, key)) === JSON.stringify(fieldOf(row.answer, key));
      if (group !== undefined && group !== "other") tally.count(`${one.table}: together`, group, isHit);
      tally.count(one.table, fact, isHit);
    }
  });
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: { model: { type: "string" }, cases: { type: "string" }, json: { type: "string" } },
  });
  const home = mkdtempSync(join(tmpdir(), "rowmill-starter-"));
  const model = options.model ?? fileURLToPath(new URL("models/starter/starter.gguf", PACKAGE));
  const tally = new Tally();
  try {
    await using mill = new Rowmill({ home, runner: "in-process", output: null });
    const cases = [
      ...generatedCases(options.cases ?? new URL("cases.json", RECIPE)),
      ...naturalCases("natural-2.jsonl", "natural texts, never used for training or its correction"),
      ...naturalCases("natural.jsonl", "natural texts, the older ones"),
    ];
    const jobIds: string[] = [];
    for (const one of cases) {
      const job = { model, systemPrompt: one.system, samplingParams: { maxTokens: 200 }, stayAttached: false };
      const texts = one.rows.map((row) => row.text);
      jobIds.push(await mill.infer(texts, one.schema === null ? job : { ...job, outputSchema: one.schema }));
    }
    for (const [index, jobId] of jobIds.entries()) {
      const outputs = await mill.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.05 });
      if (outputs === null) throw new Error(`job ${jobId} failed: ${(await mill.getJob(jobId)).failure}`);
      countCase(tally, cases[index] as Case, outputs);
    }
    for (const table of readDemoTables()) {
      const { name, column, systemPrompt, schema, path, fields } = table;
      const started = performance.now();
      const jobId = await mill.infer(path, {
        model,
        column: typeof column === "string" ? column : [...column],
        systemPrompt,
        outputSchema: schema,
        outputColumn: "answer",
        stayAttached: false,
      });
      const rows = (await mill.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.05 })) ?? [];
      const seconds = (performance.now() - started) / 1000;
      for (const row of rows as Record<string, unknown>[]) {
        const answer = parsed(row.answer);
        for (const field of fields) {
          // a CSV's empty cell is a missing value
          const right = row[field] === "" ? null : row[field];
          tally.count(`the demo's ${name}`, field, fieldOf(answer, field) === right);
        }
      }
      const { outputTokens, inputTokens } = await mill.getJob(jobId);
      console.log(
        `${name}: ${rows.length} rows in ${seconds.toFixed(1)} s, ${Math.round(rows.length / seconds)} rows/s, ` +
          `${Math.round((inputTokens + outputTokens) / seconds)} tokens/s with loading`,
      );
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  tally.print();
  if (options.json !== undefined) {
    const report = [...tally.tables].map(([table, lines]) => [table, Object.fromEntries(lines)]);
    writeFileSync(options.json, `${JSON.stringify(Object.fromEntries(report), null, 1)}\n`);
  }
}

await main();
