// Worker threads that share a model in one process, and how they end: `node engineThreads.mjs MODEL` reads orders from its
// input, one a line, and answers each with a line of JSON. A process of its own, because what is tested may end it.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const engineUrl = new URL("../../dist/engine/local/index.js", import.meta.url);
const GREEDY = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  maxTokens: 24,
  stop: [],
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
};

/** Runs the same row again and again until `onText` says that it is enough. */
async function runRows({ engine: name, modelPath, threads }, onText) {
  const { openTokenEngine } = await import(engineUrl);
  const engine = await openTokenEngine({ engine: name, modelPath, threads, backend: "cpu" });
  const stop = new AbortController();
  const tokens = engine.tokenize("The parcel was supposed to be here on Monday.");
  let index = 0;
  await engine.run(
    {
      plan: { slots: 4, threads, slotTokens: 128, batchTokens: 64, draftTokens: 0, samplesInGraph: false },
      prefix: engine.tokenizeTemplate("<|im_start|>user\n"),
      suffix: engine.tokenizeTemplate("<|im_end|>\n<|im_start|>assistant\n"),
      grammar: null,
      labels: null,
      sampling: GREEDY,
      logprobs: false,
    },
    async () => ({ index: index++, tokens, seed: 1 }),
    { addInputTokens: () => undefined, addOutputTokens: () => undefined },
    (result) => {
      if (onText(result.text ?? `failed: ${result.error}`)) stop.abort();
    },
    stop.signal,
  );
  await engine[Symbol.asyncDispose]();
}

/** Ends the thread from within after so many rows, or goes on until somebody ends it. */
async function work({ ending, rows, ...choice }) {
  let left = rows;
  await runRows(choice, (text) => {
    parentPort.postMessage(text);
    left--;
    if (left > 0 || ending === "none") return false;
    if (ending === "exit") process.exit(3);
    if (ending === "throw") throw new Error("thrown in the middle of a step");
    return true;
  });
}

async function serve(modelPath) {
  const workers = new Map();
  const orders = {
    start({ name, ending = "none", rows = 1, engine = "native", threads = 1, path = modelPath }) {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { ending, rows, engine, threads, modelPath: path },
        stdout: true,
        stderr: true,
      });
      const state = { worker, end: null };
      state.end = new Promise((resolve) => {
        worker.once("error", (error) => resolve(error.message));
        worker.once("exit", (code) => resolve(code));
      });
      workers.set(name, state);
      return "started";
    },
    /** The next texts that a worker gives. */
    async texts({ name, count = 1 }) {
      const { worker, end } = workers.get(name);
      const texts = [];
      while (texts.length < count) {
        const next = await Promise.race([once(worker, "message"), end]);
        if (!Array.isArray(next)) return { texts, ended: next };
        texts.push(next[0]);
      }
      return { texts };
    },
    async terminate({ name }) {
      return { ended: await workers.get(name).worker.terminate() };
    },
    async end({ name }) {
      return { ended: await workers.get(name).end };
    },
    /** Whether the process maps the model's file: Linux alone tells. */
    isMapped() {
      return { isMapped: readFileSync("/proc/self/maps", "utf8").includes(modelPath) };
    },
    /** The same from the main thread, whose addon may be the only one left. */
    async here() {
      let text = null;
      await runRows({ engine: "native", modelPath, threads: 1 }, (given) => {
        text = given;
        return true;
      });
      return { texts: [text] };
    },
    leave() {
      process.exit(0);
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const { order, ...details } = JSON.parse(line);
    const answer = await orders[order](details);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

if (isMainThread) await serve(process.argv[2]);
else await work(workerData);
