import { stringifyExact } from "../exactNumbers.js";
import { cutMiddle } from "../foreignText.js";
import { textIn } from "../optionNames.js";
import { describeColumnOrder } from "./columnOrder.js";
import type { JobDefaults, JobRecord } from "./door.js";
import { flagWords } from "./flagWords.js";
import { formatCount, formatInputTokens, formatSeconds } from "./quantities.js";
import { renderPairs } from "./table.js";

/** What a value may take of the screen; `--json` has all of it. */
const LONGEST_VALUE = 1000;

/** A job for people: what was asked, what of its options is not the default, how far it is or how it ended, and why rows failed.
 *  What only programs need (`--json` has it) is left out.
 *  @param defaults what a job has of which nothing was said
 *  @param width    of the terminal, in columns */
export function renderJob(job: JobRecord, defaults: JobDefaults, width: number): string {
  const pairs: [string, string | null | undefined | false][] = [
    ["job", job.jobId],
    ["name", job.name],
    ["description", job.description],
    ["status", statusOf(job)],
    ["waiting for", job.waitingFor],
    ["why it failed", job.failure],
    ["asked", askedOf(job)],
    ["system prompt", job.systemPrompt],
    ["file" in job.modelRef ? "model's file" : "endpoint", modelOf(job)],
    ...askedOutput(job),
    ["sampling", samplingOf(job, defaults.sampling)],
    ...chosenOptions(job, defaults),
    ["created", dateOf(job.createdAt)],
    ["started", dateOf(job.startedAt)],
    ["ended", dateOf(job.finishedAt)],
    ["ran for", ranFor(job)],
    ["rows", rowsOf(job)],
    ["tokens", tokensOf(job)],
    ...rowFailures(job),
    ...job.warnings.map(({ text, parts = [text] }): [string, string] => ["warning", textIn(flagWords, parts)]),
    ["plan", job.plan && planOf(job.plan)],
    ["runner's process", job.runnerPid === null ? null : String(job.runnerPid)],
  ];
  const said = pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "");
  return renderPairs(
    said.map(([name, value]) => [name, cutMiddle(value, LONGEST_VALUE)]),
    width,
  );
}

function modelOf({ modelRef }: JobRecord): string {
  return "file" in modelRef ? modelRef.file : `${modelRef.endpoint}, model ${modelRef.model}`;
}

/** Not the only reason that there is, where the job's own failure has said it. */
function rowFailures({ failure, failures }: JobRecord): [string, string][] {
  if (failures.length === 1 && failure?.includes(failures[0]?.reason ?? "") === true) return [];
  return failures.map(({ reason, rows }) => ["why rows failed", `${formatCount(rows)}: ${reason}`]);
}

const statusOf = ({ status, priority, isLost }: JobRecord): string =>
  [
    status,
    ...(priority === 0 ? [] : [`of priority ${priority}`]),
    ...(isLost ? ["LOST: its folder is gone, with rows and results"] : []),
  ].join(", ");

function askedOf(job: JobRecord): string {
  const columns = job.columnParts.length === 0 ? "" : `, ${job.columnParts.join("")},`;
  const form =
    job.outputChoices !== null
      ? "one of its choices"
      : job.outputRegex !== null
        ? "a match of its expression"
        : job.outputGrammar !== null
          ? "a text of its grammar"
          : job.outputSchema !== null && job.outputSchema !== undefined
            ? "JSON by its schema"
            : `text of at most ${formatCount(job.sampling.maxTokens)} tokens`;
  return `${formatCount(job.rowsTotal)} rows of ${job.sourcePath ?? `a ${job.kind}`}${columns} by ${job.model}: each ${form}`;
}

function askedOutput(job: JobRecord): [string, string | null | undefined][] {
  return [
    ["schema", job.outputSchema === null ? null : stringifyExact(job.outputSchema)],
    ["grammar", job.outputGrammar],
    ["expression", job.outputRegex],
    ["choices", job.outputChoices?.map((choice) => JSON.stringify(choice)).join(", ")],
    ["confidence of", job.confidence?.map(({ path }) => path.join(".") || "the output").join(", ")],
  ];
}

/** A temperature and a length always, of the rest what was changed. */
function samplingOf({ sampling, randomSeedPerInput }: JobRecord, defaults: JobDefaults["sampling"]): string {
  const { temperature, maxTokens, ...others } = sampling;
  const changed = (Object.keys(others) as (keyof typeof others)[])
    .filter((name) => JSON.stringify(others[name]) !== JSON.stringify(defaults[name]))
    .map((name) => (others[name] === true ? name : `${name} ${JSON.stringify(others[name])}`));
  const seeds = randomSeedPerInput ? ["a seed for each row"] : [];
  return [`temperature ${temperature}`, `at most ${formatCount(maxTokens)} tokens`, ...changed, ...seeds].join(", ");
}

/** What was asked for beside that, and is not the default. */
function chosenOptions(job: JobRecord, { options }: JobDefaults): [string, string | null | false][] {
  const isChosen = (name: keyof JobRecord & keyof JobDefaults["options"]): boolean => job[name] !== options[name];
  const isSchemaChosen = (name: "outputStyle" | "schemaInPrompt"): boolean =>
    job.outputSchema !== null && isChosen(name);
  const overrides = (["engine", "workers", "threads", "slots"] as const).filter(isChosen);
  const count = Object.keys(job.templateArguments).length;
  return [
    ["columns", job.columnChoice && describeColumnOrder(job.columnChoice)],
    ["output's column", isChosen("outputColumn") && job.outputColumn],
    ["style", isSchemaChosen("outputStyle") && job.outputStyle],
    ["schema in prompt", isSchemaChosen("schemaInPrompt") && job.schemaInPrompt],
    ["template arguments", count > 0 && JSON.stringify(job.templateArguments)],
    ["answer's prefix", job.answerPrefix],
    ["label probabilities", job.labelProbabilities && "recorded"],
    ["retries", isChosen("schemaRetries") && `${job.schemaRetries} of a row that fails its check`],
    ["rows may fail", isChosen("maxFailed") && String(job.maxFailed)],
    ["budget", budgetOf(job)],
    ["too long rows", isChosen("truncateRows") && "fail"],
    ["overrides", overrides.map((name) => `${name} ${job[name]}`).join(", ")],
  ];
}

function budgetOf({ maxCost, maxTotalTokens }: JobRecord): string | null {
  const bounds = [
    ...(maxCost === null ? [] : [`$${maxCost}`]),
    ...(maxTotalTokens === null ? [] : [`${formatCount(maxTotalTokens)} tokens`]),
  ];
  return bounds.length === 0 ? null : bounds.join(", ");
}

/** e.g. "2026-11-30 17:55:12 UTC" */
function dateOf(time: string | null): string | null {
  return time === null ? null : `${time.slice(0, 19).replace("T", " ")} UTC`;
}

/** Less than from its start to its end, where it was interrupted. */
function ranFor({ startedAt, runSeconds }: JobRecord): string | null {
  return startedAt === null ? null : formatSeconds(runSeconds);
}

function rowsOf(job: JobRecord): string {
  const some = (count: number, what: string): string[] => (count > 0 ? [`${formatCount(count)} ${what}`] : []);
  return [
    `${formatCount(job.rowsDone)} of ${formatCount(job.rowsTotal)} done`,
    ...some(job.rowsFailed, "failed"),
    ...some(job.rowsCut, "cut at maxTokens"),
    ...some(job.rowsTruncated, "cut to fit the model"),
    ...some(job.rowsEmpty, "without a text"),
  ].join(", ");
}

function tokensOf(job: JobRecord): string {
  const input = formatInputTokens(job.inputTokens, job.sharedTokens);
  const all = job.inputTokens === job.inputTokensTotal ? "" : `, of ${formatCount(job.inputTokensTotal)} of all rows`;
  return `${input} in${all}, ${formatCount(job.outputTokens)} out`;
}

/** Its numbers in a sentence; the reasons are the runner's. */
function planOf({ engine, workers, threads, slots, reasons }: NonNullable<JobRecord["plan"]>): string {
  const why = Array.isArray(reasons) && reasons.length > 0 ? `: ${reasons.join("; ")}` : "";
  return `${engine}: workers ${workers}, threads of each ${threads}, rows at a time of each ${slots}${why}`;
}
