import type { BatchPlan, EngineChoice, EngineJob } from "../engine/index.js";
import { attemptSeed, type JobFile, type JobRecord, rowSeed } from "../jobs/index.js";
import { outputFormOf } from "../output/index.js";
import type { WorkerTask } from "../worker/index.js";
import type { PendingRows } from "./sharedOrder.js";

/** A job's rows that have no result, as workers take them. */
export function pendingRowsOf(file: JobFile, job: JobRecord): PendingRows {
  return {
    read: (after, limit) =>
      file
        .pendingRows(after, limit)
        .map(({ index, prompt }) => ({ index, prompt: prompt ?? "", seeds: seedsOf(job, index) })),
  };
}

function seedsOf(job: JobRecord, index: number): number[] {
  const seed = rowSeed(job.sampling.seed, index, job.randomSeedPerInput);
  return Array.from({ length: job.schemaRetries + 1 }, (_, attempt) => attemptSeed(seed, attempt));
}

export interface TaskParts extends Pick<WorkerTask, "counters" | "lane" | "port"> {
  readonly job: JobRecord;
  readonly plan: BatchPlan;
  readonly engine: EngineChoice;
}

export function taskOf({ job, plan, engine, counters, lane, port }: TaskParts): WorkerTask {
  return { engine, job: engineJobOf(job, plan), schemaRetries: job.schemaRetries, counters, lane, port };
}

function engineJobOf(job: JobRecord, plan: BatchPlan): EngineJob {
  const { slots, threads, slotTokens, batchTokens, draftTokens, samplesInGraph } = plan;
  return {
    plan: { slots, threads, slotTokens, batchTokens, draftTokens, samplesInGraph },
    chat: {
      systemPrompt: job.systemPromptSent ?? job.systemPrompt,
      templateArguments: job.templateArguments,
      answerPrefix: job.answerPrefix,
      frame: job.frame,
    },
    form: outputFormOf(job),
    scoresChoices: job.labelProbabilities,
    confidence: job.confidence !== null,
    sampling: job.sampling,
    truncateRows: job.truncateRows,
  };
}
