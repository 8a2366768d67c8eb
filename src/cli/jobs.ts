import { type Command, InvalidArgumentError, Option } from "commander";
import { examples, jobArgument, jsonOption } from "./arguments.js";
import { type JobRecord, openDoor } from "./door.js";
import { addJobResults } from "./jobResults.js";
import { renderJob } from "./jobShow.js";
import { print, printJson, screenWidth } from "./output.js";
import { formatCount } from "./quantities.js";
import { cellText, renderTable, shorten } from "./table.js";

const STATUSES = ["QUEUED", "STARTING", "RUNNING", "SUCCEEDED", "CANCELLING", "CANCELLED", "FAILED", "UNKNOWN"];

/** What no cancelling leads to. */
const HAD_ENDED: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED"]);

type Flags = { json?: true };

export function addJobs(program: Command): void {
  const jobs = program
    .command("jobs")
    .summary("list, show, read, cancel and remove jobs")
    .description("List, show, read, cancel and remove the home's jobs.")
    .addHelpText(
      "after",
      examples([
        ["rowmill jobs list", "the newest first"],
        ["rowmill jobs results job-5f0c… --output labels.parquet", "all results as a file"],
      ]),
    );
  addList(jobs);
  addStatus(jobs);
  addShow(jobs);
  addJobResults(jobs);
  addCancel(jobs);
  addRemove(jobs);
}

function addList(jobs: Command): void {
  jobs
    .command("list")
    .description("List the home's jobs, the newest first.")
    .addOption(new Option("--status <status>", "only jobs with this status").choices(STATUSES).argParser(parseStatus))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill jobs list --status RUNNING", "what runs now"],
        ["rowmill jobs list --json | jq -r '.[0].jobId'", "the newest job's id"],
      ]),
    )
    .action(async (flags: Flags & { status?: string }, command: Command) => {
      await using door = await openDoor(command);
      const all = await door.mill.listJobs();
      const chosen = all
        .filter(({ status }) => flags.status === undefined || status === flags.status)
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
      if (flags.json) return printJson(chosen);
      if (chosen.length === 0)
        return door.say(all.length === 0 ? "There are no jobs yet." : `No job is ${flags.status}.`);
      print(renderJobs(chosen, screenWidth(Number.POSITIVE_INFINITY)));
      const lost = chosen.filter(({ isLost }) => isLost).length;
      if (lost > 0)
        door.say(
          `LOST: ${lost === 1 ? "the job's folder is" : "these jobs' folders are"} gone from ${door.mill.home}/jobs, with rows and results; ${door.command("jobs", "rm", "ID")} removes the line`,
        );
      for (const { jobId, waitingFor } of chosen)
        if (waitingFor !== null) door.say(`${jobId} is waiting for ${waitingFor}`);
    });
}

function parseStatus(text: string): string {
  const status = text.toUpperCase();
  if (!STATUSES.includes(status)) throw new InvalidArgumentError(`Allowed choices are ${STATUSES.join(", ")}.`);
  return status;
}

function addStatus(jobs: Command): void {
  jobs
    .command("status")
    .description(
      "Print a job's status: QUEUED, STARTING, RUNNING, SUCCEEDED, CANCELLING, CANCELLED or FAILED; UNKNOWN, and exit code 2, " +
        "for an id that no job has.",
    )
    .addArgument(jobArgument())
    .addOption(jsonOption())
    .addHelpText("after", examples([["rowmill jobs status job-5f0c…", "one word on stdout"]]))
    .action(async (jobId: string, flags: Flags, command: Command) => {
      await using door = await openDoor(command);
      const status = await door.mill.getJobStatus(jobId);
      if (!flags.json) print(status);
      else if (status === "UNKNOWN") printJson({ jobId, status });
      else printJson({ jobId: (await door.mill.getJob(jobId)).jobId, status });
      // says why there is none, or several
      if (status === "UNKNOWN") await door.mill.getJob(jobId);
    });
}

function addShow(jobs: Command): void {
  jobs
    .command("show")
    .description("Show what was asked of a job, how far it is or how it ended; --json prints all that is known.")
    .addArgument(jobArgument())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill jobs show job-5f0c…", "for people"],
        ["rowmill jobs show job-5f0c… --json | jq .rowsDone", "for scripts"],
      ]),
    )
    .action(async (jobId: string, flags: Flags, command: Command) => {
      await using door = await openDoor(command);
      const job = await door.mill.getJob(jobId);
      if (flags.json) return printJson(job);
      const { JOB_DEFAULTS } = await import("../rowmill.js");
      print(renderJob(job, JOB_DEFAULTS, screenWidth(Number.POSITIVE_INFINITY)));
    });
}

function addCancel(jobs: Command): void {
  jobs
    .command("cancel")
    .description("Cancel a job that waits or runs. What it has done so far is kept.")
    .addArgument(jobArgument())
    .addOption(jsonOption())
    .addHelpText("after", examples([["rowmill jobs cancel job-5f0c…", "it ends within a second or so"]]))
    .action(async (jobId: string, flags: Flags, command: Command) => {
      await using door = await openDoor(command);
      const { jobId: id, status: before } = await door.mill.getJob(jobId);
      const status = await door.mill.cancelJob(id);
      if (flags.json) printJson({ jobId: id, status });
      else print(status);
      // it may have ended meanwhile
      if (HAD_ENDED.has(status) || before === "CANCELLED") door.say(`${id} had ended already: nothing was cancelled`);
    });
}

function addRemove(jobs: Command): void {
  jobs
    .command("rm")
    .description("Remove finished jobs with their rows and results.")
    .argument("<ids...>", "ids of the jobs")
    .addOption(jsonOption())
    .addHelpText("after", examples([["rowmill jobs rm job-5f0c… job-77a1…", "nothing of them is left"]]))
    .action(async (jobIds: string[], flags: Flags, command: Command) => {
      await using door = await openDoor(command);
      const removed: string[] = [];
      for (const given of jobIds) {
        const { jobId } = await door.mill.getJob(given);
        await door.mill.removeJob(jobId);
        removed.push(jobId);
        door.say(`Removed ${jobId}`);
      }
      if (flags.json) printJson({ removed });
    });
}

/** Of an id, where a line has no room for all of it: every command takes the beginning. */
const SHORT_ID = 12;
const LONGEST_NAME = 40;

/** A line a job. On a narrow terminal ids are cut to what still tells them apart, then the model goes, then the name is cut; status and
 *  date stay. */
export function renderJobs(jobs: readonly JobRecord[], width: number): string {
  const rows = jobs.map((job) => ({
    job,
    name: shorten(cellText(job.name), LONGEST_NAME),
    model: shorten(cellText(job.model), LONGEST_NAME),
    count: rowsOf(job),
    created: job.createdAt.slice(0, 16).replace("T", " "),
  }));
  const widest = (texts: readonly string[], head: string) =>
    texts.reduce((most, { length }) => Math.max(most, length), head.length);
  const counts = widest(
    rows.map(({ count }) => count),
    "rows",
  );
  const names = widest(
    rows.map(({ name }) => name),
    "name",
  );
  const models = widest(
    rows.map(({ model }) => model),
    "model",
  );
  const ids = jobs.map(({ jobId }) => jobId);
  const whole = widest(ids, "job");
  // status, rows and date, with the two spaces before each
  const fixed = 2 + 10 + 2 + counts + 2 + 16;
  const isWhole = whole + fixed + 2 + names <= width;
  const shown = isWhole ? ids : shortIds(ids);
  const left = width - widest(shown, "job") - fixed - 2;
  const hasModel = left >= names + 2 + Math.min(models, 10);
  return renderTable(
    [
      { head: "job" },
      { head: "status" },
      { head: "rows", align: "right" },
      { head: "created (UTC)" },
      { head: "name" },
      ...(hasModel ? [{ head: "model" }] : []),
    ],
    rows.map(({ job, count, created, name, model }, at) => [
      shown[at] as string,
      job.isLost ? "LOST" : job.status,
      count,
      created,
      shorten(name, Math.max(4, left)),
      ...(hasModel ? [shorten(model, left - names - 2)] : []),
    ]),
  );
}

/** The beginnings of ids that still tell them apart. */
function shortIds(ids: readonly string[]): string[] {
  let length = SHORT_ID;
  while (new Set(ids.map((id) => id.slice(0, length))).size < new Set(ids).size) length += 4;
  return ids.map((id) => id.slice(0, length));
}

function rowsOf({ rowsDone, rowsFailed, rowsTotal }: JobRecord): string {
  const ended = rowsDone + rowsFailed;
  const done = ended === rowsTotal ? formatCount(rowsTotal) : `${formatCount(ended)}/${formatCount(rowsTotal)}`;
  return rowsFailed > 0 ? `${done} (${formatCount(rowsFailed)} failed)` : done;
}
