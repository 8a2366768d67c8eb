import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type InferOptions, Rowmill } from "rowmill";
import { describe, expect, it } from "vitest";
import { openRowmill, sharedRowmill, TICKET_PROMPT, TICKET_SCHEMA, temporaryFolder, tickets } from "./fixture.js";

const mill = sharedRowmill();
const TOPICS = ["billing", "shipping", "returns", "technical", "account", "other"];
/** Threads that wait for each other spin, and other tests run beside. */
const base = { model: "starter", systemPrompt: TICKET_PROMPT, threads: 1 } as const;

interface Labelled {
  readonly inference_result: string | null;
  readonly inference_result_error?: string | null;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
}

async function outputsOf(
  rows: readonly string[],
  options: InferOptions & { model?: string; dryRun?: false },
): Promise<(string | null)[]> {
  const jobId = await mill.infer([...rows], { ...base, ...options });
  return await mill.getJobResults<string | null>(jobId);
}

/** Restless: a small model that draws from all that the grammar leaves. */
const drawn = { samplingParams: { temperature: 2, seed: 5 }, randomSeedPerInput: true } as const;

describe("an output", () => {
  it("is a text of the grammar", async () => {
    const outputGrammar = 'root ::= "<" [a-z]{2,4} (":" digits)? ">"\ndigits ::= [0-9]{1,3} # some\n';
    const outputs = await outputsOf(tickets(20), { ...drawn, outputGrammar });
    for (const output of outputs) expect(output).toMatch(/^<[a-z]{2,4}(:[0-9]{1,3})?>$/);
    expect(new Set(outputs).size).toBeGreaterThan(10);
  });

  it("is matched by the regular expression from beginning to end", async () => {
    const outputs = await outputsOf(tickets(20), { ...drawn, outputRegex: "(?!no)[a-z]{2}-\\d{1,3}|none" });
    for (const output of outputs) expect(output).toMatch(/^(?:(?!no)[a-z]{2}-\d{1,3}|none)$/);
    expect(new Set(outputs).size).toBeGreaterThan(10);
  });

  it("is one of the choices", async () => {
    const outputs = await outputsOf(tickets(30), {
      ...drawn,
      outputChoices: [...TOPICS, 'a "quoted" one, 😀', "ship"],
    });
    for (const output of outputs) expect([...TOPICS, 'a "quoted" one, 😀', "ship"]).toContain(output);
    expect(new Set(outputs).size).toBeGreaterThan(2);
  });

  it.each([
    ["spaced", '{"topic": "'],
    ["compact", '{"topic":"'],
    ["free", "{"],
  ] as const)("of a schema has its white space in the style: %s", async (outputStyle, beginning) => {
    for (const output of await outputsOf(tickets(6), { outputSchema: TICKET_SCHEMA, outputStyle })) {
      expect(output?.startsWith(beginning)).toBe(true);
      expect(TOPICS).toContain((JSON.parse(output ?? "") as { topic: string }).topic);
    }
  });

  it("keeps its form over a restart, in the record and in the rows", async () => {
    const home = temporaryFolder();
    const first = openRowmill({ home });
    const outputGrammar = 'root ::= [x-z]{3} "!"';
    const jobs = [{ outputGrammar }, { outputRegex: "[x-z]{3}!" }, { outputChoices: ["xyz!", "zyx!"] }];
    const ids = await Promise.all(jobs.map((job) => first.infer(["a", "b"], { ...base, ...job, stayAttached: false })));
    await first.close();
    const second = openRowmill({ home });
    for (const [at, id] of ids.entries()) {
      expect(await second.getJob(id)).toMatchObject({ outputSchema: null, schemaRetries: 2, ...jobs[at] });
      const outputs = await second.awaitJobCompletion(id, { silent: true, pollSeconds: 0.1 });
      for (const output of outputs ?? [null]) expect(output).toMatch(/^[x-z]{3}!$/);
    }
  });

  it("bounds the estimate by its longest text", async () => {
    const estimate = (options: object) => mill.infer(tickets(10), { ...base, ...options, dryRun: true });
    expect(await estimate({ outputChoices: ["yes", "no"] })).toMatchObject({ maxOutputTokens: 30 });
    expect(await estimate({ outputRegex: "[ab]{1,7}" })).toMatchObject({ maxOutputTokens: 70 });
    expect(await estimate({ outputGrammar: "root ::= [a-c] [a-c]?" })).toMatchObject({ maxOutputTokens: 20 });
  });

  it.each([
    [{ outputGrammar: 'root ::= "a" word' }, "ROWMILL_INVALID_GRAMMAR", /line 1, column 14: there is no rule word/],
    [{ outputGrammar: 'root ::= root "a"' }, "ROWMILL_INVALID_GRAMMAR", /left recursion/],
    [{ outputGrammar: 'root ::= "a" root' }, "ROWMILL_UNSATISFIABLE_GRAMMAR", /No text fits/],
    [{ outputRegex: "(a)\\1" }, "ROWMILL_UNSUPPORTED_REGEX", /back-reference/],
    [{ outputRegex: "[" }, "ROWMILL_INVALID_REGEX", /can't be read/],
    [{ outputChoices: ["a", "x".repeat(3000)] }, "ROWMILL_CHOICE_TOO_LONG", /maxTokens/],
  ])("that can't be is refused at submission and leaves nothing: %j", async (options, code, message) => {
    const alone = openRowmill();
    const refused = { code, message: expect.stringMatching(message) };
    await expect(alone.infer(["a"], { ...base, ...options })).rejects.toMatchObject(refused);
    expect(await alone.listJobs()).toEqual([]);
  });
});

describe("the probabilities of labels", () => {
  const labelled = { ...base, outputChoices: TOPICS, labelProbabilities: true } as const;

  it("stand beside the likeliest label, together 1", async () => {
    const jobId = await mill.infer(tickets(12), labelled);
    const rows = await mill.getJobResults<Labelled>(jobId);
    expect(rows).toHaveLength(12);
    for (const { inference_result, probability, probabilities } of rows) {
      expect(Object.keys(probabilities)).toEqual(TOPICS);
      expect(Object.values(probabilities).reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 6);
      expect(probability).toBe(Math.max(...Object.values(probabilities)));
      expect(probabilities[inference_result ?? ""]).toBe(probability);
    }
    expect(new Set(rows.map(({ inference_result }) => inference_result)).size).toBeGreaterThan(2);
  });

  it("are the same for drawn labels, which follow them", async () => {
    const rows = await mill.getJobResults<Labelled>(await mill.infer(tickets(8), labelled));
    const others = await mill.getJobResults<Labelled>(await mill.infer(tickets(8), { ...labelled, ...drawn }));
    for (const [at, { inference_result, probability, probabilities }] of others.entries()) {
      expect(probabilities[inference_result ?? ""]).toBe(probability);
      for (const topic of TOPICS)
        expect(Math.abs((probabilities[topic] ?? 0) - (rows[at]?.probabilities[topic] ?? 0))).toBeLessThan(0.05);
    }
  });

  it("are columns of every export", async () => {
    const folder = temporaryFolder();
    const table = tickets(3).map((body) => ({ body, probability: "mine" }));
    const jobId = await mill.infer(table, { ...labelled, column: "body", outputColumn: "topic" });
    const [row] = await mill.getJobResults<Record<string, unknown>>(jobId);
    expect(Object.keys(row ?? {})).toEqual([
      "body",
      "probability",
      "topic",
      "topic_probability",
      "topic_probabilities",
    ]);
    await mill.writeJobResults(jobId, join(folder, "out.csv"));
    const csv = readFileSync(join(folder, "out.csv"), "utf8").split("\n");
    expect(csv[0]).toBe("body,probability,topic,topic_probability,topic_probabilities");
    expect(csv[1]).toContain('""billing"":');
    const arrow = await mill.getJobResults(jobId, { format: "arrow" });
    expect(arrow.getChild("topic_probability")?.get(0)).toBe(row?.topic_probability);
    expect(JSON.parse(String(arrow.getChild("topic_probabilities")?.get(0)))).toEqual(row?.topic_probabilities);
  });
});

describe("a row whose output fails", () => {
  const cut = { ...base, outputRegex: "[a-z]{1,30}!", randomSeedPerInput: true } as const;
  const samplingParams = { temperature: 1.5, maxTokens: 4, seed: 1 };
  const run = async (options: object) => {
    const jobId = await mill.infer(tickets(16), { ...cut, samplingParams, workers: 1, slots: 1, ...options });
    return { job: await mill.getJob(jobId), rows: await mill.getJobResults<Labelled>(jobId, { includeInputs: true }) };
  };

  it("runs again with its next seed, and has no other result the second time", async () => {
    const none = await run({ schemaRetries: 0 });
    const ten = await run({ schemaRetries: 10 });
    expect(none.job.rowsFailed).toBeGreaterThan(0);
    expect(ten.job.rowsFailed).toBeLessThan(none.job.rowsFailed);
    for (const [at, { inference_result }] of none.rows.entries())
      if (inference_result !== null) expect(ten.rows[at]?.inference_result).toBe(inference_result);
    const again = await run({ schemaRetries: 10 });
    expect(again.rows).toEqual(ten.rows);
  });

  it("says how often it was tried and why it failed, and counts the tokens of every run", async () => {
    const never = { ...cut, outputRegex: "[a-z]{300}", samplingParams };
    const once = await mill.infer(tickets(1), { ...never, schemaRetries: 0 });
    const jobId = await mill.infer(tickets(1), { ...never, schemaRetries: 3 });
    const [row] = await mill.getJobResults<Labelled>(jobId, { includeInputs: true });
    expect(row?.inference_result_error).toBe(
      "the output was cut at 4 tokens (maxTokens 4) before it was complete; tried 4 times, each with another seed",
    );
    const [single, all] = [await mill.getJob(once), await mill.getJob(jobId)];
    expect(all.outputTokens).toBe(16);
    expect(all.inputTokens).toBe(4 * single.inputTokens);
  });

  it("of a schema is checked for what no grammar holds, and run again until it fits", async () => {
    const outputSchema = {
      type: "array",
      items: { enum: ["a", "b", "c", "d"] },
      minItems: 3,
      maxItems: 3,
      uniqueItems: true,
    };
    const lists = { ...base, outputSchema, randomSeedPerInput: true, samplingParams: { temperature: 3, seed: 3 } };
    const outputsWith = async (schemaRetries: number) => {
      const jobId = await mill.infer(tickets(24), { ...lists, schemaRetries });
      return await mill.getJobResults<Labelled>(jobId, { includeInputs: true });
    };
    const [none, ten] = [await outputsWith(0), await outputsWith(10)];
    const failed = (rows: readonly Labelled[]) => rows.filter(({ inference_result }) => inference_result === null);
    expect(failed(none).length).toBeGreaterThan(0);
    expect(failed(ten).length).toBeLessThan(failed(none).length);
    expect(failed(none)[0]?.inference_result_error).toMatch(
      /^the output does not fit the schema: the value must NOT have duplicate items.*; tried once$/,
    );
    for (const { inference_result } of ten)
      if (inference_result !== null) expect(new Set(JSON.parse(inference_result) as string[]).size).toBe(3);
  });

  it("is tried once at temperature 0, where it would write the same again", async () => {
    const jobId = await mill.infer(tickets(1), {
      ...base,
      outputRegex: "[a-z]{300}",
      samplingParams: { maxTokens: 3 },
    });
    const [row] = await mill.getJobResults<Labelled>(jobId, { includeInputs: true });
    expect(row?.inference_result_error).toMatch(/; tried once: at temperature 0 it would write the same again$/);
    expect((await mill.getJob(jobId)).outputTokens).toBe(3);
  });
});

describe("free text that is unpacked as JSON", () => {
  it("is an error where it is no JSON, in objects, in Arrow and in files, and is summed up; a bare list keeps its text", async () => {
    const rows = tickets(3).map((message) => ({ message }));
    const samplingParams = { maxTokens: 6 };
    const jobId = await mill.infer(rows, { model: "starter", column: "message", samplingParams });
    const texts = (await mill.getJobResults<Labelled>(jobId)).map((row) => row.inference_result as string);
    const reasons = texts.map((text) => `the output is not valid JSON: ${text.slice(0, 80)}`);
    const unpacked = await mill.getJobResults<Labelled>(jobId, { unpackJson: true });
    const errors = [unpacked.map((row) => row.inference_result_error)];
    expect(unpacked.map((row) => row.inference_result)).toEqual([null, null, null]);
    const table = await mill.getJobResults(jobId, { unpackJson: true, format: "arrow" });
    errors.push([...(table.getChild("inference_result_error") ?? [])] as string[]);
    const path = join(temporaryFolder(), "out.jsonl");
    const said = new PassThrough().setEncoding("utf8");
    const reader = new Rowmill({ home: mill.home, output: said as unknown as NodeJS.WriteStream });
    await reader.writeJobResults(jobId, path, { unpackJson: true });
    await reader.close();
    const written = readFileSync(path, "utf8").trimEnd().split("\n");
    errors.push(written.map((line) => (JSON.parse(line) as Labelled).inference_result_error));
    expect(errors).toEqual([reasons, reasons, reasons]);
    expect(said.read()).toMatch(
      /^warning: 3 of 3 outputs are no JSON that can be unpacked: inference_result_error says/,
    );
    const bare = await mill.infer(tickets(1), { model: "starter", samplingParams });
    expect(await mill.getJobResults(bare, { unpackJson: true })).toEqual(await mill.getJobResults(bare));
  });
});
