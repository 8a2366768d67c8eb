import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type InferOptions, Rowmill } from "../../src/index.js";
import { median } from "../engines/figures.js";
import { Random } from "../fuzz/random.js";
import { FlakyProxy } from "./flakyProxy.js";
import { sendByHand } from "./handWritten.js";
import { plainRows, TABLE_COLUMNS, tablePrompt, tableRows } from "./rows.js";
import { Server } from "./server.js";

export interface HttpSettings {
  readonly program: string;
  readonly model: string;
  readonly rows: number;
  readonly runs: number;
  readonly slots: number;
  readonly clients: number;
  readonly seed: number;
}

export interface Outcome {
  readonly text: string;
  readonly isGood: boolean;
}

const MAX_TOKENS = 24;
const FLAKY_SHARE = 0.15;
/** Requests over those that are needed: a row each, and one more for each that was spoilt. */
const MOST_REQUESTS = 1.2;
/** Of the rows a second of the client written by hand. */
const LEAST = { plain: 1, table: 1.5 };
const PLAIN_PROMPT = "Continue the text.";
const TABLE_PROMPT = "Judge the review: is its tone good, mixed or bad, and what is it about?";
const TABLE_SCHEMA = {
  type: "object",
  properties: {
    tone: { enum: ["good", "mixed", "bad"] },
    about: { enum: ["product", "delivery", "price", "service", "other"] },
  },
  required: ["tone", "about"],
  additionalProperties: false,
} as const;

export type CaseName = "plain" | "table" | "kill" | "flaky";

export const CASES: Readonly<Record<CaseName, (settings: HttpSettings) => Promise<Outcome>>> = {
  plain: (settings) =>
    compare(settings, LEAST.plain, (run) => {
      const rows = plainRows(settings.rows, run);
      return {
        byHand: rows.map((text) => bodyOf(PLAIN_PROMPT, text, {})),
        rows,
        asked: { systemPrompt: PLAIN_PROMPT },
      };
    }),
  table: (settings) =>
    compare(settings, LEAST.table, (run) => {
      const rows = tableRows(settings.rows, run);
      const response_format = { type: "json_schema", json_schema: { name: "output", schema: TABLE_SCHEMA } };
      const asked = {
        systemPrompt: TABLE_PROMPT,
        outputSchema: TABLE_SCHEMA,
        column: TABLE_COLUMNS,
        columnOrder: "auto",
      } as const;
      return {
        byHand: rows.map((row) => bodyOf(TABLE_PROMPT, tablePrompt(row), { response_format })),
        rows,
        asked,
      };
    }),
  kill: killServer,
  flaky: goThroughProxy,
};

function options(model: string, more: InferOptions): InferOptions & { model: string; dryRun?: false } {
  return { ...more, model, dryRun: false, samplingParams: { maxTokens: MAX_TOKENS, temperature: 0 } };
}

function bodyOf(system: string, text: string, more: object): string {
  const messages = [
    { role: "system", content: system },
    { role: "user", content: text },
  ];
  return JSON.stringify({ messages, max_tokens: MAX_TOKENS, temperature: 0, ...more });
}

interface Sides {
  /** Bodies of requests. */
  readonly byHand: readonly string[];
  readonly rows: readonly unknown[];
  readonly asked: InferOptions;
}

/** The same rows of each run through both, each from a server that has seen none of them. */
async function compare(settings: HttpSettings, least: number, sidesOf: (run: number) => Sides): Promise<Outcome> {
  const ratios: number[] = [];
  const lines: string[] = [];
  for (let run = 0; run < settings.runs; run++) {
    const sides = sidesOf(settings.seed + run);
    const byHand = async (): Promise<number> => {
      await using server = await openServer(settings);
      return (await sendByHand(server.url, sides.byHand, settings.clients)).seconds;
    };
    const ours = async (): Promise<number> => {
      await using server = await openServer(settings);
      return await withMill(async (mill) => {
        // what the endpoint can do is asked once in its life
        await mill.infer(sides.rows, { ...options(server.url, sides.asked), dryRun: true });
        const startMs = performance.now();
        const job = await mill.getJob(await mill.infer(sides.rows, options(server.url, sides.asked)));
        if (job.rowsDone + job.rowsFailed !== settings.rows)
          throw new Error(`${job.rowsDone} of ${settings.rows} rows are done`);
        return (performance.now() - startMs) / 1000;
      });
    };
    // by turns the first
    const [first, second] = run % 2 === 0 ? [byHand, ours] : [ours, byHand];
    const seconds = [await first(), await second()] as const;
    const [theirs, own] = run % 2 === 0 ? seconds : [seconds[1], seconds[0]];
    ratios.push(theirs / own);
    lines.push(`${(settings.rows / own).toFixed(1)} against ${(settings.rows / theirs).toFixed(1)} rows/s`);
  }
  const ratio = median(ratios);
  const text = `${ratio.toFixed(2)} of ${settings.clients} clients written by hand (${lines.join("; ")})`;
  return { text, isGood: ratio >= least };
}

/** Kills the server in the middle of a job and starts it again. */
async function killServer(settings: HttpSettings): Promise<Outcome> {
  await using server = await openServer(settings);
  return await withMill(async (mill) => {
    const rows = plainRows(settings.rows, settings.seed);
    const jobId = await mill.infer(rows, { ...options(server.url, {}), stayAttached: false });
    while ((await mill.getJob(jobId)).rowsDone < settings.rows / 4) await sleep(50);
    await server.kill();
    const waits = await waitFor(async () => (await mill.getJob(jobId)).waitingFor);
    await server.start();
    const results = await mill.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.2 });
    const { rowsDone, rowsFailed } = await mill.getJob(jobId);
    const isGood = results?.length === settings.rows && rowsDone === settings.rows && rowsFailed === 0;
    return {
      text: `${rowsDone} of ${settings.rows} rows are done, ${rowsFailed} failed; meanwhile it waited for ${waits}`,
      isGood,
    };
  });
}

async function goThroughProxy(settings: HttpSettings): Promise<Outcome> {
  await using server = await openServer(settings);
  await using proxy = await new FlakyProxy(server.url, new Random(settings.seed), FLAKY_SHARE).open();
  return await withMill(async (mill) => {
    const rows = plainRows(settings.rows, settings.seed);
    // asking what it can do is not what is counted
    const model = proxy.url;
    let jobId: string | null = null;
    for (let tries = 0; jobId === null && tries < 20; tries++)
      jobId = await mill.infer(rows, options(model, {})).catch(() => null);
    if (jobId === null) throw new Error("the proxy never let the first requests pass");
    const { rowsDone, rowsFailed } = await mill.getJob(jobId);
    const needed = settings.rows + proxy.spoilt;
    const isGood = rowsDone === settings.rows && proxy.requests <= MOST_REQUESTS * needed;
    const share = (proxy.requests / needed).toFixed(2);
    return {
      text: `${rowsDone} of ${settings.rows} rows are done, ${rowsFailed} failed; ${proxy.requests} requests, ${share} of the ${needed} that ${proxy.spoilt} spoilt ones make needed`,
      isGood,
    };
  });
}

async function withMill<Result>(use: (mill: Rowmill) => Promise<Result>): Promise<Result> {
  const home = mkdtempSync(join(tmpdir(), "rowmill-bench-"));
  const mill = new Rowmill({ home, runner: "in-process", output: null });
  try {
    return await use(mill);
  } finally {
    await mill.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function openServer({ program, model, slots }: HttpSettings): Promise<Server> {
  return await new Server(program, model, slots, await freePort()).start();
}

async function waitFor(look: () => Promise<string | null>): Promise<string> {
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    await sleep(50);
  }
}

/** A port that nobody listens on at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
