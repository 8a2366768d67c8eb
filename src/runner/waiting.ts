import {
  countersPath,
  describeTrouble,
  diskTrouble,
  FINAL_STATUSES,
  type Home,
  type JobRecord,
  LEASE_RENEW_MS,
  type LeaseHolder,
  leaseHolder,
} from "../jobs/index.js";
import { attachCounters } from "../progress/index.js";

/** A runner that misses so many heartbeats can't write, or does not run. */
const SILENT_MS = 4 * LEASE_RENEW_MS;
/** Letters of an id that people tell jobs apart by; commands take them for the whole. */
const SHORT_ID = "job-".length + 8;

/** Looks at a home once, at the first job that needs it, and says of each of its jobs what it waits for, in words that stand behind
 *  "waiting for"; null where it has ended, runs, or is about to. */
export function waitsIn(home: Home): (job: JobRecord) => string | null {
  const holder = once(() => leaseHolder(home.catalog));
  const trouble = once(() => troubleOf(home));
  const unended = once(() => home.catalog.unended());
  return (job) => {
    if (FINAL_STATUSES.has(job.status) || job.status === "UNKNOWN") return null;
    const runner = holder();
    if (runner === null) return trouble() ?? "a runner";
    return (
      noteOf(home, job, runner) ??
      silenceOf(home, runner, trouble) ??
      (job.status === "QUEUED" ? turnOf(home, job, unended()) : null)
    );
  };
}

function once<T>(look: () => T): () => T {
  let seen: { readonly value: T } | undefined;
  return () => {
    seen ??= { value: look() };
    return seen.value;
  };
}

/** What the job's runner itself says, beside the counts. */
function noteOf(home: Home, job: JobRecord, holder: LeaseHolder): string | null {
  if (job.status === "QUEUED" || job.runnerPid !== holder.pid) return null;
  try {
    using page = attachCounters(countersPath(home.path, job.jobId));
    return page?.note() ?? null;
  } catch {
    // a page that can't be read says nothing
    return null;
  }
}

/** The home's disk or the process itself, where the runner gives no sign of life. */
function silenceOf(home: Home, holder: LeaseHolder, trouble: () => string | null): string | null {
  const silentMs = home.catalog.clock() - holder.heartbeatMs;
  if (silentMs < SILENT_MS) return null;
  return (
    trouble() ?? `the runner (process ${holder.pid}), which has written nothing for ${formatSpan(silentMs / 1000)}`
  );
}

function troubleOf({ path }: Home): string | null {
  const trouble = diskTrouble(path);
  return trouble === null ? null : describeTrouble(trouble, path);
}

/** Which job has what a queued one needs. */
function turnOf({ catalog }: Home, job: JobRecord, unended: readonly JobRecord[]): string | null {
  const others = unended.filter(({ jobId }) => jobId !== job.jobId);
  const running = others.filter(({ status }) => status !== "QUEUED");
  const [first, ...more] = running.sort((a, b) => secondsLeft(a) - secondsLeft(b));
  if (first !== undefined) {
    const beside = more.length > 0 ? ` or ${more.length} other${more.length > 1 ? "s" : ""}` : "";
    const needed = catalog.waitsFor(job.jobId);
    return `${needed === null ? "" : `${needed} that is used by `}${describeJob(first)}${beside}`;
  }
  const ahead = others.find((other) => other.priority < job.priority || isOlder(other, job));
  return ahead === undefined ? null : `${shortId(ahead)}, which is before it`;
}

function isOlder(other: JobRecord, job: JobRecord): boolean {
  return other.priority === job.priority && other.createdAt < job.createdAt;
}

function describeJob(job: JobRecord): string {
  const share = shareDone(job);
  if (share === 0) return `${shortId(job)} (just begun)`;
  return `${shortId(job)} (${Math.floor(100 * share)} % done, about ${formatSpan(secondsLeft(job))} left)`;
}

function shortId({ jobId }: JobRecord): string {
  return jobId.slice(0, SHORT_ID);
}

function shareDone({ rowsDone, rowsFailed, rowsTotal }: JobRecord): number {
  return rowsTotal === 0 ? 0 : (rowsDone + rowsFailed) / rowsTotal;
}

/** At the speed that it had while it ran; Infinity before its first row. */
function secondsLeft(job: JobRecord): number {
  const share = shareDone(job);
  return share === 0 ? Number.POSITIVE_INFINITY : job.runSeconds * ((1 - share) / share);
}

function formatSpan(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
