import { EXIT } from "../errors.js";
import type { Door, JobStatus } from "./door.js";
import { exitWhenWritten } from "./output.js";

const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Watches a job until it ends. Ctrl-C, and the end of the time, end the watching only: the job goes on.
 *  @returns the exit code that the job's end leads to */
export async function followJob(door: Door, jobId: string, timeoutSeconds: number | null): Promise<number> {
  let isLeaving = false;
  const leave = (code: number) => {
    if (isLeaving) return;
    isLeaving = true;
    door.say(`${jobId} goes on. Attach again with: ${door.command("attach", jobId)}`);
    exitWhenWritten(code);
  };
  // the bar has listeners of its own, which leave its line: they shall run first
  const signals = Object.entries(SIGNAL_EXITS).map(([signal, code]) => ({
    signal,
    listener: () => void setImmediate(leave, code),
  }));
  for (const { signal, listener } of signals) process.on(signal, listener);
  const timeIsUp = () => {
    if (process.stderr.isTTY) process.stderr.write("\n");
    leave(EXIT.timedOut);
  };
  const time = timeoutSeconds === null ? null : setTimeout(timeIsUp, timeoutSeconds * 1000);
  try {
    return exitCodeOf(await door.mill.attach(jobId));
  } finally {
    if (time !== null) clearTimeout(time);
    for (const { signal, listener } of signals) process.removeListener(signal, listener);
  }
}

function exitCodeOf(status: JobStatus): number {
  if (status === "SUCCEEDED") return EXIT.ok;
  return status === "CANCELLED" || status === "CANCELLING" ? EXIT.cancelled : EXIT.jobFailed;
}
