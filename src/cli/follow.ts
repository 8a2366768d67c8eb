import { EXIT } from "../errors.js";
import type { Door, JobRecord, JobStatus } from "./door.js";
import { sayError } from "./failure.js";
import { exitWhenWritten } from "./output.js";

const ENDED: ReadonlySet<JobStatus> = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);
const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Submits. Ctrl-C while files are read or a model is pulled says what has become of the job. */
export async function untilSubmitted<T>(door: Door, submit: () => Promise<T>): Promise<T> {
  const start = new Date().toISOString();
  const leave = async (code: number) => {
    // the catalogue knows best: a job may be there already when its submitter has not been told yet
    const isNew = (await door.mill.listJobs()).some(({ createdAt }) => createdAt >= start);
    door.say(
      isNew
        ? `Stopped. Jobs that were submitted go on: ${door.command("jobs", "list")}`
        : "Stopped: nothing was submitted",
    );
    // at once: a job that is submitted after these words would belie them
    process.exit(code);
  };
  const listeners = Object.entries(SIGNAL_EXITS).map(([signal, code]) => ({
    signal,
    listener: () => void leave(code),
  }));
  for (const { signal, listener } of listeners) process.once(signal, listener);
  try {
    return await submit();
  } finally {
    for (const { signal, listener } of listeners) process.removeListener(signal, listener);
  }
}

/** Watches a job until it ends. Ctrl-C, and the end of the time, end the watching only: the job goes on.
 *  @param leavingLine told as well when the watching ends before the job
 *  @returns the exit code that the job's end leads to */
export async function followJob(
  door: Door,
  jobId: string,
  timeoutSeconds: number | null,
  leavingLine: string | null = null,
): Promise<number> {
  const watching = new AbortController();
  let leavingCode: number | null = null;
  const leave = (code: number) => {
    leavingCode ??= code;
    watching.abort();
  };
  // the bar has listeners of its own, which leave its line: they shall run first
  const signals = Object.entries(SIGNAL_EXITS).map(([signal, code]) => ({
    signal,
    listener: () => void setImmediate(leave, code),
  }));
  for (const { signal, listener } of signals) process.on(signal, listener);
  const time = timeoutSeconds === null ? null : setTimeout(leave, timeoutSeconds * 1000, EXIT.timedOut);
  try {
    const status = await door.mill.attach(jobId, { signal: watching.signal });
    if (leavingCode !== null && !ENDED.has(status)) {
      // said when the bar has gone
      if (leavingCode === EXIT.timedOut && door.isQuiet) sayError(`the time is over and ${jobId} goes on`);
      door.say(`${jobId} goes on. Attach again with: ${door.command("attach", jobId)}`);
      if (leavingLine !== null) door.say(leavingLine);
      exitWhenWritten(leavingCode);
      return await new Promise<never>(() => {});
    }
    const code = exitCodeOf(status);
    if (door.isQuiet && code !== EXIT.ok) sayError(failureLine(await door.mill.getJob(jobId)));
    return code;
  } finally {
    if (time !== null) clearTimeout(time);
    for (const { signal, listener } of signals) process.removeListener(signal, listener);
  }
}

/** What is an error also to those who want to hear of nothing else. */
function failureLine({ jobId, status, failure }: JobRecord): string {
  return status === "FAILED" ? `${jobId} has failed: ${failure}` : `${jobId} was cancelled`;
}

function exitCodeOf(status: JobStatus): number {
  if (status === "SUCCEEDED") return EXIT.ok;
  return status === "CANCELLED" || status === "CANCELLING" ? EXIT.cancelled : EXIT.jobFailed;
}
