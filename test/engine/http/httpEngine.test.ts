import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Endpoint, EndpointFacts } from "../../../src/engine/http/endpoint.js";
import { HttpEngine } from "../../../src/engine/http/httpEngine.js";
import type { EngineFailure, EngineJob, EngineResult } from "../../../src/engine/index.js";
import { fillSampling, SAMPLING_DEFAULTS } from "../../../src/sampling.js";
import { EndpointServer, type Fault, type ServerOptions } from "./endpointServer.js";

const LIMITS = { requests: null, timeoutSeconds: 600, contextTokens: null };

const FACTS: EndpointFacts = {
  server: "test",
  urls: [],
  contextTokens: null,
  slots: null,
  takesSampling: true,
  forms: { choices: "structured_outputs", schema: "response_format" },
};

interface Run extends Partial<EngineJob> {
  readonly endpoint?: Partial<Endpoint>;
  readonly facts?: Partial<EndpointFacts>;
  readonly signal?: AbortSignal;
  /** Instead of one of its own. */
  readonly engine?: HttpEngine;
  /** Told what the engine waits for. */
  readonly waitsFor?: (what: string | null) => void;
}

function endpointOf(urls: readonly string[]): Endpoint {
  return { name: "test", urls, model: "small", key: null, limits: LIMITS };
}

/** Sends rows, whose seeds are 100 and their index. */
async function runRows(urls: readonly string[], rows: readonly string[], run: Run = {}) {
  const {
    endpoint,
    facts,
    signal = new AbortController().signal,
    waitsFor = () => undefined,
    engine: given,
    ...job
  } = run;
  await using own = new HttpEngine({ endpoint: { ...endpointOf(urls), ...endpoint }, facts: { ...FACTS, ...facts } });
  const engine = given ?? own;
  const results: (EngineResult | EngineFailure)[] = [];
  const meter = { inputTokens: 0, outputTokens: 0 };
  let next = 0;
  await engine.run(
    {
      plan: { slots: 8, threads: 1, slotTokens: 1, batchTokens: 0, draftTokens: 0, samplesInGraph: false },
      chat: { systemPrompt: "Label it.", templateArguments: {}, answerPrefix: null, frame: null },
      ...{ form: null, scoresChoices: false, confidence: false, truncateRows: true },
      sampling: fillSampling({ ...SAMPLING_DEFAULTS, maxTokens: 20 }, false, 4096),
      ...job,
    },
    async () => {
      const index = next++;
      const text = rows[index];
      return text === undefined ? null : { index, text, seed: 100 + index };
    },
    {
      addInputTokens: (count) => {
        meter.inputTokens += count;
      },
      addOutputTokens: (count) => {
        meter.outputTokens += count;
      },
      waitsFor,
    },
    (result) => results.push(result),
    signal,
  );
  return { results: results.toSorted((a, b) => a.index - b.index), meter };
}

const named = (count: number): string[] => Array.from({ length: count }, (_, row) => `row ${row}`);
const textOf = (result: EngineResult | EngineFailure | undefined) =>
  result && "text" in result ? result.text : result?.error;

it("a row's request has the chat, the seed and all that decides how tokens are drawn; its result the answer and the counts", async () => {
  const server = await EndpointServer.open();
  const { results, meter } = await runRows([server.url], ["hello"], {
    form: { kind: "choices", choices: ["HELLO", "b"] },
    sampling: fillSampling(
      {
        ...SAMPLING_DEFAULTS,
        temperature: 0.5,
        topK: 7,
        stop: ["\n"],
        maxTokens: 9,
        logprobs: true,
        tokenLogprobs: true,
      },
      true,
      4096,
    ),
  });
  expect(server.asked).toEqual([
    {
      model: "small",
      messages: [
        { role: "system", content: "Label it." },
        { role: "user", content: "hello" },
      ],
      ...{ seed: 100, stream: false, temperature: 0.5, top_p: 1, top_k: 7, min_p: 0, max_tokens: 9, stop: ["\n"] },
      ...{ presence_penalty: 0, frequency_penalty: 0, repetition_penalty: 1, repeat_penalty: 1, logprobs: true },
      structured_outputs: { choice: ["HELLO", "b"] },
    },
  ]);
  expect(results).toMatchObject([
    { index: 0, text: "HELLO", finish: "stop", isInputCut: false, inputTokens: 20, sharedTokens: 4, outputTokens: 5 },
  ]);
  const [result] = results as EngineResult[];
  expect(result?.cumulativeLogprob).toBeCloseTo(-7.5, 6);
  expect(result?.tokenLogprobs?.lengths).toEqual(Uint16Array.from([1, 1, 1, 1, 1]));
  expect(meter).toEqual({ inputTokens: 20, outputTokens: 5 });
});

it("what a server does not take is left out", async () => {
  const server = await EndpointServer.open();
  await runRows([server.url], ["a"], { facts: { takesSampling: false, forms: { schema: null } } });
  expect(Object.keys(server.asked[0] ?? {}).sort()).toEqual(
    [
      "frequency_penalty",
      "max_tokens",
      "messages",
      "model",
      "presence_penalty",
      "seed",
      "stream",
      "temperature",
      "top_p",
    ].sort(),
  );
});

it("whatever goes wrong on the way, each row has one result, and no more is asked than that takes", async () => {
  const kinds: readonly (Fault | null)[] = [
    { status: 429, retryAfter: "0.01" },
    null,
    { status: 500 },
    null,
    "cut",
    null,
    "garbled",
    null,
    "foreign",
    null,
    { status: 503 },
    null,
    "dead",
    { status: 502, body: "<html>Bad Gateway</html>" },
  ];
  let faults = 0;
  const server = await EndpointServer.open({
    fault: (number) => {
      // one in ten goes wrong, each in its own way
      const wrong = number % 10 === 3 ? (kinds[((number / 10) % kinds.length) | 0] ?? null) : null;
      if (wrong !== null) faults++;
      return wrong;
    },
  });
  const rows = named(400);
  const { results } = await runRows([server.url], rows);
  expect(results.map(textOf)).toEqual(rows.map((row) => row.toUpperCase()));
  expect(faults).toBeGreaterThan(15);
  expect(server.asked.length).toBe(rows.length + faults);
  expect(new Set(server.answered.map(({ seed }) => seed)).size).toBe(rows.length);
});

it("a server that dies and comes back costs its rows nothing, and meanwhile it is said what is waited for", async () => {
  const server = await EndpointServer.open({ delayMs: 2 });
  const { port } = server;
  const notes: (string | null)[] = [];
  let isDown = false;
  const rows = named(300);
  const { results } = await runRows([server.url], rows, {
    waitsFor: (what) => {
      notes.push(what);
      if (what !== null && isDown) {
        isDown = false;
        void server.listen(port);
      }
    },
    ...whenAnswered(server, 50, async () => {
      isDown = true;
      await server.close();
    }),
  });
  expect(results.map(textOf)).toEqual(rows.map((row) => row.toUpperCase()));
  expect(notes.find((note) => note !== null)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1 \(.+\)$/);
  expect(notes.at(-1)).toBeNull();
});

/** Does something once, when the server has answered so many. */
function whenAnswered(server: EndpointServer, count: number, act: () => Promise<void>): Pick<Run, never> {
  void (async () => {
    while (server.answered.length < count) await sleep(1);
    await act();
  })();
  return {};
}

it("of two servers the one that is there takes all rows", async () => {
  const [gone, there] = [await EndpointServer.open(), await EndpointServer.open()];
  const { url } = gone;
  await gone.close();
  const rows = named(200);
  const { results } = await runRows([url, there.url], rows);
  expect(results.map(textOf)).toEqual(rows.map((row) => row.toUpperCase()));
  expect(there.answered.length).toBe(200);
});

it("neighbours meet the same server", async () => {
  const servers = [await EndpointServer.open({ delayMs: 1 }), await EndpointServer.open({ delayMs: 1 })];
  const rows = named(600);
  await runRows(
    servers.map(({ url }) => url),
    rows,
  );
  const placeOf = new Map(servers.flatMap(({ answered }, place) => answered.map(({ seed }) => [seed, place] as const)));
  const changes = rows.filter((_, row) => row > 0 && placeOf.get(100 + row) !== placeOf.get(99 + row)).length;
  expect(placeOf.size).toBe(600);
  // one a stretch, and smaller ones at the end; rows dealt in turn would change 599 times
  expect(changes).toBeLessThan(60);
});

it("neighbours follow each other in one slot of a server that lets requests choose theirs, two at a time", async () => {
  const server = await EndpointServer.open({ delayMs: 2 });
  const alike = named(400).map((name) => `all rows begin with these words: ${name}`);
  await runRows([server.url], alike, { facts: { slots: 4 } });
  const slotOf = new Map(server.answered.map(({ seed, id_slot }) => [seed, id_slot]));
  // the last rows go one by one, to whichever slot is free
  const bound = [...slotOf.values()].filter((slot) => slot !== undefined);
  expect(new Set(bound)).toEqual(new Set([0, 1, 2, 3]));
  expect(bound.length).toBeGreaterThan(350);
  const changes = alike.filter((_, row) => row > 0 && slotOf.get(100 + row) !== slotOf.get(99 + row)).length;
  // a piece of 16 rows a change, and smaller ones at the end; rows dealt in turn would change 399 times
  expect(changes).toBeLessThan(100);
  expect(server.most).toBeLessThanOrEqual(8);
  const plain = await EndpointServer.open();
  await runRows([plain.url], alike.slice(0, 40));
  // rows that share little go to whichever slot is free
  await runRows([plain.url], [..."abcdefgh"], { facts: { slots: 4 } });
  expect(plain.asked.every((asked) => !("id_slot" in asked))).toBe(true);
});

it("a server that is never well again over one row costs that row, not the job", async () => {
  const server = await EndpointServer.open({
    delayMs: 2,
    fault: (_, { seed }) =>
      seed === 103 ? { status: 500, body: { error: { message: "assertion failed" } } } : seed === 105 ? "cut" : null,
  });
  const { results } = await runRows([server.url], named(1000));
  expect(textOf(results[3])).toBe("the endpoint failed over the row (500: assertion failed); tried 8 times");
  expect(textOf(results[4])).toBe("ROW 4");
  expect(textOf(results[5])).toMatch(/^the endpoint did not answer: .*; tried \d+ times$/);
  expect(results.filter((result) => "error" in result).length).toBe(2);
});

it("a row that the server refuses fails alone, with what the server says", async () => {
  const server = await EndpointServer.open({
    fault: (_, { seed }) => (seed === 101 ? { status: 400, body: { error: { message: "no such thing" } } } : null),
  });
  const { results } = await runRows([server.url], named(3));
  expect(results.map(textOf)).toEqual(["ROW 0", "the endpoint refuses the row (400: no such thing)", "ROW 2"]);
});

it("a key that is wrong and a model that is not there end the job", async () => {
  const server = await EndpointServer.open({ key: "right" });
  await expect(runRows([server.url], named(30))).rejects.toMatchObject({
    code: "ROWMILL_ENDPOINT_REFUSED",
    message: expect.stringMatching(
      /takes no requests for the model small at .* \(no key was sent\): 401: the key is wrong$/,
    ),
  });
  const without = await EndpointServer.open({
    fault: () => ({ status: 404, body: { error: { message: "model small not found" } } }),
  });
  await expect(runRows([without.url], named(30))).rejects.toThrow("404: model small not found");
});

it("a row that is too long is cut at its end until it fits, or fails where it may not be cut", async () => {
  const long = `${"x".repeat(4000)}end`;
  const options: ServerOptions = {
    fault: (_, { messages }) => {
      const length = messages.at(-1)?.content.length ?? 0;
      if (length <= 1000) return null;
      const error = { type: "exceed_context_size_error", message: "too long", n_prompt_tokens: length / 4, n_ctx: 270 };
      return { status: 400, body: { error } };
    },
  };
  const server = await EndpointServer.open(options);
  const { results } = await runRows([server.url], [long, "short"]);
  expect(results).toMatchObject([{ isInputCut: true, finish: "stop" }, { isInputCut: false }]);
  expect(textOf(results[0])).toMatch(/^X{900,1000}$/);
  expect(server.asked.length).toBe(3);
  const strict = await EndpointServer.open(options);
  const kept = await runRows([strict.url], [long, "short"], { truncateRows: false });
  expect(kept.results.map(textOf)).toEqual([
    expect.stringMatching(/^the row is longer than the model holds \(400: too long\)$/),
    "SHORT",
  ]);
});

it("a job that was stopped leaves no request behind, and the next one on the same engine runs", async () => {
  let delayMs = 60_000;
  const server = await EndpointServer.open({ delayMs: () => delayMs });
  await using engine = new HttpEngine({ endpoint: endpointOf([server.url]), facts: FACTS });
  const stop = new AbortController();
  const stopped = runRows([], named(100), { engine, signal: stop.signal });
  while (server.asked.length < 8) await sleep(1);
  stop.abort();
  expect((await stopped).results).toEqual([]);
  delayMs = 0;
  const rows = named(100);
  const { results } = await runRows([], rows, { engine });
  expect(results.map(textOf)).toEqual(rows.map((row) => row.toUpperCase()));
});

it("a server that says for how long it wants to be left alone does not keep another from being asked", async () => {
  const busy = await EndpointServer.open({ fault: () => ({ status: 429, retryAfter: "3600" }) });
  const other = await EndpointServer.open({ fault: (number) => (number === 0 ? { status: 503 } : null) });
  const rows = named(50);
  const { results } = await runRows([busy.url, other.url], rows);
  expect(results.map(textOf)).toEqual(rows.map((row) => row.toUpperCase()));
  // sent before it said so
  expect(busy.asked.length).toBeLessThan(30);
});

it("of two servers one of which fails over everything the other answers all", async () => {
  const broken = await EndpointServer.open({ fault: () => ({ status: 500 }) });
  const whole = await EndpointServer.open({ delayMs: () => 2 });
  const rows = named(300);
  const { results } = await runRows([broken.url, whole.url], rows);
  expect(results.map(textOf)).toEqual(rows.map((row) => row.toUpperCase()));
});

it("what is refused for all rows before any is answered ends the job", async () => {
  const server = await EndpointServer.open({
    fault: () => ({ status: 400, body: { error: { message: "max_tokens is not supported" } } }),
  });
  await expect(runRows([server.url], named(1000))).rejects.toThrow("400: max_tokens is not supported");
  expect(server.asked.length).toBeLessThan(60);
});

it("a text that the server has given up is no result", async () => {
  const server = await EndpointServer.open({ finish: (number) => (number === 1 ? "abort" : "stop") });
  const { results } = await runRows([server.url], named(3));
  expect(results.map(textOf)).toEqual(["ROW 0", "ROW 1", "ROW 2"]);
  expect(server.asked.length).toBe(4);
});

it("a job that is to stop stops at once", async () => {
  const server = await EndpointServer.open({ delayMs: 60_000 });
  const stop = new AbortController();
  const run = runRows([server.url], named(100), { signal: stop.signal });
  while (server.asked.length < 8) await sleep(1);
  stop.abort();
  const { results } = await run;
  expect(results).toEqual([]);
});

it("an answer that does not come in time is asked for again", async () => {
  let late = 0;
  const server = await EndpointServer.open({
    answer: ({ messages }) => messages.at(-1)?.content ?? "",
    fault: (number) => (number === 2 ? { status: 200, body: "" } : null),
  });
  const slow = await EndpointServer.open({ delayMs: 5000 });
  const rows = named(6);
  const { results } = await runRows([slow.url, server.url], rows, {
    endpoint: { limits: { ...LIMITS, timeoutSeconds: 0.05 } },
    waitsFor: () => {
      late++;
    },
  });
  expect(results.map(textOf)).toEqual(rows);
  expect(slow.answered).toEqual([]);
  expect(late).toBeLessThan(20);
});
