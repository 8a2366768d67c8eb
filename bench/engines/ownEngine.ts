import type { LocalEngineName } from "../../src/engine/index.js";
import type { EngineStatistics, LocalChoice } from "../../src/engine/local/index.js";
import { machineFacts } from "../../src/models/index.js";
import { orderByBeginnings } from "../../src/prompt/index.js";
import { BATCH_TOKENS, DRAFT_TOKENS } from "../../src/schedule/index.js";
import type { ToThread } from "./engineProtocol.js";
import { shareRows } from "./rowShare.js";
import { RunningThread } from "./runningThread.js";
import {
  type Configuration,
  modelPathFor,
  type OpenRequest,
  type OpenSubject,
  type RunRequest,
  rowsOf,
  SLOT_CHOICES,
  type Subject,
  type SubjectRun,
  warmRowsOf,
} from "./subject.js";
import { slotTokensOf, type WorkloadRow } from "./workload.js";

/** One of Rowmill's own engines, run as the product runs it: each worker a thread that owns an engine. */
export function ownEngine(engine: LocalEngineName): Subject {
  const { cores } = machineFacts();
  const splits = [
    { workers: 1, threads: cores },
    { workers: 1, threads: 1 },
  ];
  return {
    name: engine,
    isPeer: false,
    takes: () => true,
    first: { workers: cores, threads: 1, slots: 16 },
    axes: () => [cores > 1 ? splits : [], SLOT_CHOICES, engine === "native" ? [{ draftTokens: DRAFT_TOKENS }] : []],
    open: (request) => openThreads(engine, request),
  };
}

async function openThreads(engine: LocalEngineName, request: OpenRequest): Promise<OpenSubject> {
  const { configuration, group } = request;
  const choice: LocalChoice = {
    engine,
    modelPath: await modelPathFor(request),
    threads: configuration.threads,
    backend: "cpu",
  };
  const threads = Array.from({ length: configuration.workers }, () => new RunningThread(choice));
  const subject = new OwnEngine(threads, configuration, slotTokensOf(group));
  try {
    await Promise.all(threads.map((thread) => thread.next("open")));
  } catch (error) {
    await subject[Symbol.asyncDispose]();
    throw error;
  }
  return subject;
}

class OwnEngine implements OpenSubject {
  constructor(
    private readonly threads: readonly RunningThread[],
    private readonly configuration: Configuration,
    private readonly slotTokens: number,
  ) {}

  async run(asked: RunRequest): Promise<SubjectRun> {
    const { workload, maxTokens, limitSeconds } = asked;
    const { slots, threads, draftTokens = 0, samplesInGraph = false } = this.configuration;
    const order = admissionOrder(rowsOf(asked));
    const share = shareRows(
      order.map(({ row }) => row.tokens),
      this.threads.length,
    );
    const plan = {
      slots,
      threads,
      slotTokens: this.slotTokens,
      batchTokens: BATCH_TOKENS,
      draftTokens,
      samplesInGraph,
    };
    const { prefix, suffix, form } = workload;
    const job = { plan, prefix, suffix, form, maxTokens, rows: share, warmRows: warmRowsOf(workload, slots) };
    const madeMs = nowMs();
    this.threads.forEach((one, thread) => {
      one.send({ kind: "run", run: { ...job, thread } });
    });
    await Promise.all(this.threads.map((thread) => thread.next("warm")));
    const startMs = nowMs();
    this.#tellAll({ kind: "begin" });
    const limit = setTimeout(() => this.#tellAll({ kind: "stop" }), limitSeconds * 1000);
    const ends = await Promise.all(this.threads.map((thread) => thread.next("end"))).finally(() => clearTimeout(limit));
    return {
      seconds: (Math.max(...ends.map(({ lastMs }) => lastMs)) - startMs) / 1000,
      startSeconds: (startMs - madeMs) / 1000,
      outcomes: ends
        .flatMap(({ outcomes }) => outcomes)
        .map((outcome) => ({ ...outcome, index: order[outcome.index]?.index ?? -1 })),
      statistics: sumOf(ends.map(({ statistics }) => statistics)),
    };
  }

  #tellAll(message: ToThread): void {
    for (const thread of this.threads) thread.send(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }
}

/** The order in which the runner admits a window's rows. */
function admissionOrder(
  rows: readonly WorkloadRow[],
): readonly { readonly index: number; readonly row: WorkloadRow }[] {
  const places = orderByBeginnings(rows.map(({ text }) => text)) ?? rows.keys();
  return Array.from(places, (index) => ({ index, row: rows[index] as WorkloadRow }));
}

/** What the threads have counted meanwhile; `null` where the engine doesn't count. */
function sumOf(
  counts: readonly (readonly [EngineStatistics | null, EngineStatistics | null])[],
): EngineStatistics | null {
  const sum: Record<string, number> = {};
  for (const [before, after] of counts) {
    if (after === null) return null;
    for (const [name, count] of Object.entries(after)) {
      sum[name] = (sum[name] ?? 0) + count - (before?.[name as keyof EngineStatistics] ?? 0);
    }
  }
  return sum as unknown as EngineStatistics;
}

const nowMs = (): number => performance.timeOrigin + performance.now();
