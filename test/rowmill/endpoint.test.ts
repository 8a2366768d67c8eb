import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Rowmill } from "rowmill";
import { expect, it, onTestFinished } from "vitest";
import { type Asked, EndpointServer } from "../engine/http/endpointServer.js";
import { openRowmill, temporaryFolder } from "./fixture.js";

const SCHEMA = {
  type: "object",
  properties: { label: { enum: ["a", "b"] } },
  required: ["label"],
  additionalProperties: false,
};

it("a job runs on an endpoint as on a file: durable, counted, checked, in row order", async () => {
  const server = await EndpointServer.open({
    speaks: "vllm",
    answer: ({ messages }) => (messages.at(-1)?.content === "row 2" ? '{"label": "c"}' : '{"label": "a"}'),
  });
  const mill = openRowmill();
  const rows = ["row 0", "row 1", "row 2", "row 3"];
  const jobId = await mill.infer(rows, {
    model: `${server.url}#small`,
    outputSchema: SCHEMA,
    samplingParams: { temperature: 1 },
  });
  expect(await mill.getJobResults(jobId)).toEqual(['{"label": "a"}', '{"label": "a"}', null, '{"label": "a"}']);
  const job = await mill.getJob(jobId);
  expect(job).toMatchObject({
    ...{ status: "SUCCEEDED", rowsDone: 3, rowsFailed: 1, modelRef: { endpoint: server.url, model: "small" } },
    plan: { engine: "http", workers: 1 },
  });
  expect(job.inputTokens).toBeGreaterThan(0);
  expect(job.failures[0]?.reason).toMatch(/the output does not fit the schema.*tried 3 times, each with another seed/);
  // the row that failed was asked for again, each time with another seed
  const seeds = server.asked.filter(({ messages }) => messages.at(-1)?.content === "row 2").map(({ seed }) => seed);
  expect(new Set(seeds).size).toBe(3);
  expect(server.asked[0]).toMatchObject({ response_format: { type: "json_schema" } });
});

it("what an endpoint can do is asked for once", async () => {
  const server = await EndpointServer.open({ speaks: "llama-server", answer: () => "yes" });
  const mill = openRowmill();
  const options = { model: server.url, outputChoices: ["yes", "no"] };
  await mill.infer(["a"], options);
  expect(server.asked[0]?.grammar).toMatch(/root ::=/);
  const { trials } = server;
  expect(trials).toBeGreaterThan(0);
  await mill.infer(["a"], options);
  const estimate = await mill.infer(["a", "b"], { ...options, dryRun: true });
  expect(estimate).toMatchObject({ rows: 2, inputTokensBasis: "guessed", memory: null });
  expect(server).toMatchObject({ trials, asked: { length: 2 } });
});

it("what it can't do is refused at submission, and nothing is left behind", async () => {
  const server = await EndpointServer.open({ speaks: "plain", models: ["small", "large"] });
  const mill = openRowmill();
  const model = `${server.url}#small`;
  const refused = async (options: object, message: string | RegExp) => {
    await expect(mill.infer(["a"], { model, ...options })).rejects.toThrow(message);
  };
  await refused({ outputChoices: ["a"] }, /holds no output to choices: give a schema instead/);
  await refused({ outputRegex: "a+" }, /holds no output to a regular expression/);
  await refused({ outputChoices: ["a"], labelProbabilities: true }, /tells no probabilities of whole labels/);
  await refused({ outputSchema: SCHEMA, confidence: true }, /leave confidence out/);
  await refused({ answerPrefix: "x" }, /leave answerPrefix out/);
  await refused({ engine: "native" }, /the engine native runs files/);
  await refused({ model: server.url }, /needs the name of a model behind its address \(#MODEL\): it has small, large/);
  await refused({ model: `${server.url}#huge` }, /has no model huge: it has small, large/);
  await refused({ model: "starter", engine: "http" }, /the engine http sends rows to an endpoint, and starter is none/);
  await refused(
    { model: "http://127.0.0.1:9/v1#a" },
    /no address of the endpoint .* answers as an OpenAI-compatible server does/,
  );
  expect(await mill.listJobs()).toEqual([]);
  expect(server.asked).toEqual([]);
});

it("a key comes from where config.json says, and stands in no file of the home", async () => {
  const server = await EndpointServer.open({ key: "sk-very-secret" });
  const home = temporaryFolder();
  const keyFile = join(temporaryFolder(), "key");
  writeFileSync(keyFile, "sk-very-secret\n", { mode: 0o600 });
  const endpoints = [
    { name: "by-file", urls: [server.url], model: "small", keyFile },
    { name: "by-variable", urls: [server.url], model: "small", key: "ROWMILL_TEST_ENDPOINT_KEY" },
    { name: "none", urls: [server.url], model: "small" },
  ];
  writeFileSync(join(home, "config.json"), JSON.stringify({ endpoints }));
  const mill = new Rowmill({ home, runner: "in-process", output: null });
  onTestFinished(() => mill.close());
  expect(await mill.getJobResults(await mill.infer(["a"], { model: "by-file" }))).toEqual(["A"]);
  await expect(mill.infer(["a"], { model: "by-variable" })).rejects.toThrow(
    /is to be in the environment's ROWMILL_TEST_ENDPOINT_KEY, and process \d+ has no such variable/,
  );
  await expect(mill.infer(["a"], { model: "none" })).rejects.toThrow(/wants a key: name its place in config.json/);
  chmodSync(keyFile, 0o644);
  await expect(mill.infer(["a"], { model: "by-file" })).rejects.toThrow(/which others may read: chmod 600/);
  for (const name of readdirSync(home, { recursive: true, withFileTypes: true }))
    if (name.isFile()) expect(readFileSync(join(name.parentPath, name.name)).includes("sk-very-secret")).toBe(false);
});

it("a job stops before it costs more than it may, and what is done can be read", async () => {
  const server = await EndpointServer.open();
  const home = temporaryFolder();
  const endpoints = [
    { name: "priced", urls: [server.url], model: "small", pricePerMillionTokens: { input: 100_000, output: 100_000 } },
  ];
  writeFileSync(join(home, "config.json"), JSON.stringify({ endpoints }));
  const mill = new Rowmill({ home, runner: "in-process", output: null });
  onTestFinished(() => mill.close());
  const rows = Array.from({ length: 200 }, (_, row) => `row ${row}`);
  const samplingParams = { maxTokens: 20 };
  const spent = () =>
    server.answered.reduce((sum, { messages }) => sum + 10 * messages.length + (messages[0]?.content.length ?? 0), 0);
  for (const [options, most] of [
    [{ maxTotalTokens: 600 }, 600],
    [{ maxCost: 60 }, 600],
  ] as const) {
    server.answered.length = 0;
    const jobId = await mill.infer(rows, { model: "priced", samplingParams, ...options, stayAttached: false });
    await expect(mill.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.05 })).resolves.toBe(null);
    const job = await mill.getJob(jobId);
    expect(job).toMatchObject({ status: "FAILED", rowsFailed: 0, ...options });
    expect(job.failure).toMatch(/^its budget does not last for another row: .* of (600 tokens|\$60) are spent/);
    expect(spent()).toBeLessThanOrEqual(most);
    expect(job.rowsDone).toBe(server.answered.length);
    const results = await mill.getJobResults(jobId);
    expect(results.filter((result) => result !== null).length).toBe(job.rowsDone);
    // a row has about 15 tokens: most of what it may spend it has
    expect(job.rowsDone).toBeGreaterThan(30);
  }
  const enough = await mill.infer(rows, { model: "priced", samplingParams, maxCost: 1000 });
  expect(await mill.getJob(enough)).toMatchObject({ status: "SUCCEEDED", rowsDone: 200 });
  await expect(mill.infer(rows, { model: "priced", samplingParams, maxTotalTokens: 20 })).rejects.toThrow(
    /maxTotalTokens: 20 tokens do not last for one row, which may take \d+ tokens; raise it, or lower/,
  );
  await expect(mill.infer(rows, { model: `${server.url}#small`, maxCost: 1 })).rejects.toThrow(
    /maxCost needs a price, and http.* has none: give it one in config.json/,
  );
});

it("a job whose rows take more than was guessed stops for its budget, and says so", async () => {
  // the first one takes far more than its guess; what is left at the end would do for a row as guessed
  const long = ({ messages }: Asked): boolean => messages.at(-1)?.content === "row 0";
  const server = await EndpointServer.open({ answer: (asked) => "x".repeat(long(asked) ? 300 : 14) });
  const mill = openRowmill();
  const rows = Array.from({ length: 60 }, (_, row) => `row ${row}`);
  const options = { model: `${server.url}#small`, samplingParams: { maxTokens: 20 }, slots: 2, maxTotalTokens: 1500 };
  const jobId = await mill.infer(rows, { ...options, stayAttached: false });
  await mill.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.05 });
  const job = await mill.getJob(jobId);
  expect(job.status).toBe("FAILED");
  expect(job.failure).toMatch(/^its budget does not last for another row: .* of 1,500 tokens are spent/);
});

it("results are the same whether or not they were unpacked before", async () => {
  const server = await EndpointServer.open();
  const mill = openRowmill();
  const jobId = await mill.infer([{ text: "a" }, { text: "b" }], { model: `${server.url}#small`, column: "text" });
  const plain = await mill.getJobResults(jobId);
  expect((await mill.getJobResults(jobId, { unpackJson: true }))[0]).toHaveProperty("inference_result_error");
  expect(await mill.getJobResults(jobId)).toEqual(plain);
});
