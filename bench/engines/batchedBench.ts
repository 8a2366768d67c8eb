import { createInterface } from "node:readline";
import { machineFacts } from "../../src/models/index.js";
import { PeerProcess, wholeCells } from "./peerProcess.js";
import {
  type Configuration,
  modelPathFor,
  type OpenSubject,
  type RunRequest,
  SLOT_CHOICES,
  type Subject,
  type SubjectRun,
} from "./subject.js";

/** llama-batched-bench: the same numbers of tokens read and generated, without a sampler or anything else around
 *  llama_decode. It takes what has no schema. */
export function batchedBench(program: string): Subject {
  const { cores } = machineFacts();
  return {
    name: "llama-batched-bench",
    isPeer: true,
    takes: ({ variants }) => variants.every(({ form }) => form === null),
    first: { workers: 1, threads: cores, slots: 16 },
    axes: () => [cores > 1 ? [{ threads: cores - 1 }] : [], SLOT_CHOICES],
    open: async (request) => new BatchedBench(program, await modelPathFor(request), request.configuration),
  };
}

class BatchedBench implements OpenSubject {
  constructor(
    private readonly program: string,
    private readonly modelPath: string,
    private readonly configuration: Configuration,
  ) {}

  /** Waves of as many rows as there are slots: more rows than asked for, where that is no multiple. */
  async run({ workload, rows, maxTokens }: RunRequest): Promise<SubjectRun> {
    const { slots, threads } = this.configuration;
    const inputTokens = workload.prefix.length + workload.rowTokens + workload.suffix.length;
    // the last token of an output is chosen, not decoded
    const decoded = maxTokens - 1;
    const slotTokens = wholeCells(inputTokens + decoded);
    const waves = Array.from({ length: Math.ceil(rows / slots) }, () => slots);
    const startMs = performance.now();
    await using bench = new PeerProcess(this.program, [
      ...["--model", this.modelPath, "--threads", String(threads), "--output-format", "jsonl"],
      ...["--ctx-size", String(slots * slotTokens), "-npl", waves.join(",")],
      ...["-npp", String(inputTokens), "-ntg", String(decoded)],
    ]);
    const times: BatchTimes[] = [];
    for await (const line of createInterface({ input: bench.child.stdout! })) {
      const found = readBatchTimes(line);
      if (found !== null) times.push(found);
    }
    await bench.ended;
    // its log may lose the last line when it ends: the waves that it told count
    if (times.length === 0) throw bench.failure();
    const seconds = times.reduce((sum, wave) => sum + wave.seconds, 0);
    const outcomes = times.flatMap(({ sequences }) =>
      Array.from({ length: sequences }, () => ({ inputTokens, outputTokens: maxTokens })),
    );
    return {
      seconds,
      startSeconds: (performance.now() - startMs) / 1000 - seconds,
      outcomes: outcomes.map((tokens, index) => ({
        ...{ index, text: "", isComplete: true, sharedTokens: 0, error: null },
        ...tokens,
      })),
      statistics: null,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A line of the results: so many sequences, each read and continued. */
export interface BatchTimes {
  readonly sequences: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly promptSeconds: number;
  readonly generationSeconds: number;
  readonly seconds: number;
}

/** Reads a line of `--output-format jsonl`; `null` for any other line. */
export function readBatchTimes(line: string): BatchTimes | null {
  if (!line.startsWith("{")) return null;
  const found = JSON.parse(line) as Partial<Record<"pl" | "pp" | "tg" | "t_pp" | "t_tg" | "t", number>>;
  const { pl, pp, tg, t_pp, t_tg, t } = found;
  if (pl === undefined || pp === undefined || tg === undefined) return null;
  if (t_pp === undefined || t_tg === undefined || t === undefined) return null;
  return {
    sequences: pl,
    promptTokens: pp,
    generatedTokens: tg,
    promptSeconds: t_pp,
    generationSeconds: t_tg,
    seconds: t,
  };
}
