import { Agent, request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { machineFacts } from "../../src/models/index.js";
import { compileOutput } from "../../src/output/index.js";
import { PeerProcess, wholeCells } from "./peerProcess.js";
import {
  type Configuration,
  modelPathFor,
  type OpenRequest,
  type OpenSubject,
  type RowOutcome,
  type RunRequest,
  rowsOf,
  SLOT_CHOICES,
  type Subject,
  type SubjectRun,
  warmRowsOf,
} from "./subject.js";
import { slotTokensOf, type Workload } from "./workload.js";

const HOST = "127.0.0.1";
const START_SECONDS = 120;
/** llama-server over HTTP, its slots kept busy by as many rows again that wait. */
export function llamaServer(program: string): Subject {
  const { cores } = machineFacts();
  return {
    name: "llama-server",
    isPeer: true,
    takes: () => true,
    first: { workers: 1, threads: cores, slots: 16 },
    axes: ({ variants: [{ form }] }) => [
      cores > 1 ? [{ threads: cores - 1 }] : [],
      SLOT_CHOICES,
      [form === null ? { backendSampling: true } : { ownGrammar: true }],
      [{ noPromptCache: true }],
    ],
    open: (asked) => openServer(program, asked),
  };
}

async function openServer(program: string, asked: OpenRequest): Promise<OpenSubject> {
  const { configuration, group } = asked;
  const port = await freePort();
  const slotTokens = wholeCells(slotTokensOf(group));
  const server = new PeerProcess(program, [
    ...["--model", await modelPathFor(asked), "--host", HOST, "--port", String(port), "--no-webui", "--log-disable"],
    ...["--parallel", String(configuration.slots), "--ctx-size", String(configuration.slots * slotTokens)],
    ...["--threads", String(configuration.threads), "--cont-batching"],
    ...(configuration.noPromptCache ? ["--cache-ram", "0"] : []),
    ...(configuration.backendSampling ? ["--backend-sampling"] : []),
  ]);
  server.child.stdout?.resume();
  const subject = new LlamaServer(server, port, configuration);
  try {
    await subject.awaitHealth();
  } catch (error) {
    await subject[Symbol.asyncDispose]();
    throw error;
  }
  return subject;
}

/** What is read of an answer to POST /completion. */
interface Completion {
  readonly content: string;
  readonly stop_type: string;
  readonly tokens_evaluated: number;
  readonly tokens_predicted: number;
  readonly timings?: { readonly cache_n?: number };
}

class LlamaServer implements OpenSubject {
  readonly #agent: Agent;

  constructor(
    private readonly server: PeerProcess,
    private readonly port: number,
    private readonly configuration: Configuration,
  ) {
    this.#agent = new Agent({ keepAlive: true });
  }

  async awaitHealth(): Promise<void> {
    const endMs = performance.now() + START_SECONDS * 1000;
    while (performance.now() < endMs) {
      if (this.server.hasEnded) throw this.server.failure();
      const status = await this.#send("GET", "/health", "").then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return;
      await sleep(50);
    }
    throw new Error(`llama-server was not ready after ${START_SECONDS} s`);
  }

  async run(asked: RunRequest): Promise<SubjectRun> {
    const { workload, maxTokens, limitSeconds } = asked;
    const { slots } = this.configuration;
    const constraint = constraintOf(workload, this.configuration);
    // written before the clock starts
    const bodyOf = (row: Uint32Array) =>
      JSON.stringify({
        prompt: [...workload.prefix, ...row, ...workload.suffix],
        n_predict: maxTokens,
        cache_prompt: true,
        // the shortest way to a greedy choice
        ...{ temperature: 0, samplers: ["temperature"] },
        response_fields: ["content", "stop_type", "tokens_evaluated", "tokens_predicted", "timings"],
        ...(this.configuration.backendSampling ? { backend_sampling: true } : {}),
        ...constraint,
      });
    const bodies = rowsOf(asked).map(({ tokens }) => bodyOf(tokens));
    const warm = bodyOf((workload.rows(1)[0]?.tokens ?? new Uint32Array()).slice(0, 1));
    const madeMs = performance.now();
    await Promise.all(Array.from({ length: warmRowsOf(workload, slots) }, () => this.#complete(warm, -1)));
    const startMs = performance.now();
    let lastMs = startMs;
    let next = 0;
    const outcomes: RowOutcome[] = [];
    const askForRows = async (): Promise<void> => {
      while (next < bodies.length && (performance.now() - startMs) / 1000 < limitSeconds) {
        const index = next++;
        const outcome = await this.#complete(bodies[index] as string, index);
        lastMs = performance.now();
        outcomes.push(outcome);
      }
    };
    await Promise.all(Array.from({ length: 2 * slots }, askForRows));
    const seconds = (lastMs - startMs) / 1000;
    return { seconds, startSeconds: (startMs - madeMs) / 1000, outcomes, statistics: null };
  }

  async #complete(body: string, index: number): Promise<RowOutcome> {
    const answer = await this.#send("POST", "/completion", body);
    const nothing = { text: "", isComplete: false, inputTokens: 0, sharedTokens: null, outputTokens: 0 };
    if (answer.status !== 200) return { index, ...nothing, error: `${answer.status}: ${answer.text.slice(0, 200)}` };
    const completion = JSON.parse(answer.text) as Completion;
    return {
      index,
      text: completion.content,
      isComplete: completion.stop_type === "eos",
      inputTokens: completion.tokens_evaluated,
      sharedTokens: completion.timings?.cache_n ?? null,
      outputTokens: completion.tokens_predicted,
      error: null,
    };
  }

  #send(method: string, path: string, body: string): Promise<{ status: number; text: string }> {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const asked = request({ host: HOST, port: this.port, method, path, headers, agent: this.#agent }, (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }));
        response.on("error", reject);
      });
      asked.on("error", (error) => reject(this.server.hasEnded ? this.server.failure() : error));
      asked.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.server[Symbol.asyncDispose]();
  }
}

function constraintOf({ form }: Workload, { ownGrammar }: Configuration): Readonly<Record<string, unknown>> {
  if (form === null) return {};
  return form.kind === "schema" && !ownGrammar
    ? { json_schema: form.schema }
    : { grammar: compileOutput(form).grammar.gbnf };
}

/** A port that nobody listens on at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, HOST, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
