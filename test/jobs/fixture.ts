import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Home, type JobFacts, JobFile, type JobSpec, newJobId, openHome } from "../../src/jobs/index.js";
import { removeFolder } from "../removeFolder.js";

/** An empty folder that goes when the test ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-jobs-"));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** Runs statements on a SQLite file in a process that knows nothing of Rowmill, and ends it. */
export function otherProgram(path: string, sql: string): void {
  const program = `
    const { DatabaseSync } = await import("@photostructure/sqlite");
    const db = new DatabaseSync(process.argv[1], { defensive: false });
    db.exec(process.argv[2]);
    db.close();`;
  execFileSync(process.execPath, ["--input-type=module", "-e", program, path, sql]);
}

/** A clock that stands still until it is moved: the tests' only fake. */
export class FakeClock {
  nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  readonly read = (): number => this.nowMs;
}

export function newHome(clock?: FakeClock): Home {
  const home = openHome(newFolder(), clock === undefined ? {} : { clock: clock.read });
  onTestFinished(() => home[Symbol.dispose]());
  return home;
}

export const SPEC: JobSpec = {
  name: null,
  description: null,
  model: "starter",
  modelRef: { file: "/models/starter.gguf", sha256: null },
  priority: 0,
  kind: "list",
  sourceFormat: "list",
  sourcePath: null,
  columns: [],
  columnParts: [],
  columnOrder: "given",
  columnChoice: null,
  outputColumn: "inference_result",
  systemPrompt: "Label it.",
  outputSchema: { type: "object", properties: { label: { type: "string" } } },
  outputGrammar: null,
  outputRegex: null,
  outputChoices: null,
  outputStyle: "spaced",
  schemaInPrompt: "off",
  systemPromptSent: null,
  labelProbabilities: false,
  confidence: null,
  schemaRetries: 2,
  maxFailed: null,
  maxCost: null,
  maxTotalTokens: null,
  pricePerMillionTokens: null,
  longestOutputTokens: null,
  warnings: [],
  templateArguments: {},
  answerPrefix: null,
  frame: null,
  frameTokens: 20,
  sampling: {
    temperature: 0,
    topP: 1,
    topK: 0,
    minP: 0,
    maxTokens: 64,
    stop: ["\n"],
    seed: 7,
    presencePenalty: 0,
    frequencyPenalty: 0,
    repetitionPenalty: 1,
    logprobs: false,
    tokenLogprobs: false,
  },
  randomSeedPerInput: false,
  truncateRows: true,
  engine: "auto",
  slots: 0,
  threads: 0,
  workers: 0,
};

export const FACTS: JobFacts = {
  rowsTotal: 3,
  rowsEmpty: 1,
  rowsTruncated: 0,
  inputTokensTotal: 90,
  longestRowTokens: 12,
};

/** Claims the first waiting job that is to be had, as a runner does. */
export function claimNext({ catalog }: Home, runner: { readonly token: string; readonly pid: number }) {
  for (const { jobId } of catalog.queue(100)) {
    const job = catalog.claim(jobId, runner);
    if (job !== null) return job;
  }
  return null;
}

/** A queued job without rows. @returns its id */
export function submit(home: Home, spec: Partial<JobSpec> = {}): string {
  return enter(home, newJobId(), { ...SPEC, ...spec });
}

/** Enters a job as submission does. @returns its id */
export function enter({ catalog }: Home, jobId: string, spec: JobSpec = SPEC, facts: JobFacts = FACTS): string {
  catalog.submitAll([{ jobId, spec, facts, createdAt: new Date(catalog.clock()).toISOString() }]);
  return jobId;
}

/** A sealed job of a list of strings. */
export function newJobFile(home: Home, prompts: readonly (string | null)[]): JobFile {
  const job = JobFile.create(home, newJobId());
  onTestFinished(() => job.close());
  job.appendRows(
    prompts.map((prompt) => ({ prompt })),
    null,
  );
  job.seal();
  return job;
}

export function result(index: number, output: string) {
  return {
    index,
    output,
    error: null,
    cumulativeLogprob: null,
    labelProbabilities: null,
    inputTokens: 10,
    outputTokens: 2,
  };
}

/** A job as submission makes it: sealed, with its record, entered. @returns its id */
export function submitRows(home: Home, prompts: readonly string[], createdAt = "2026-01-02T03:04:05.000Z"): string {
  using file = JobFile.create(home, newJobId());
  file.appendRows(
    prompts.map((prompt) => ({ prompt })),
    null,
  );
  const job = { jobId: file.jobId, spec: SPEC, facts: { ...FACTS, rowsTotal: prompts.length }, createdAt };
  file.keepRecord(job);
  file.seal();
  home.catalog.submitAll([job]);
  file.markEntered();
  return file.jobId;
}
