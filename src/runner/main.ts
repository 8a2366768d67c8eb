import { writeSync } from "node:fs";
import { messageOf } from "../errors.js";
import { visibleText } from "../foreignText.js";
import { keepUntold, openHome } from "../jobs/index.js";
import { patiently } from "./patience.js";
import { RUNNER_BUSY_MS, Runner } from "./runner.js";

/** The runner's process: `node main.js HOME`. */
const STOP_MS = 5000;
const path = process.argv[2];
if (path === undefined) throw new Error("usage: node main.js HOME");
const log = (line: string): void => {
  try {
    writeSync(2, `${new Date().toISOString()} ${visibleText(line)}\n`);
  } catch {
    // the log lies on the home's disk: where that is full, the jobs go on without it
  }
};
// the terminal that started it may go away
process.on("SIGHUP", () => undefined);

const ending = new AbortController();
process.on("SIGTERM", () => ending.abort());
process.on("SIGINT", () => ending.abort());
// what is repaired is told to the next command's reader as well: few look into a log
const tell = (line: string): void => {
  log(line);
  keepUntold(path, line);
};
const home = await patiently(() => openHome(path, { say: tell, busyTimeoutMs: RUNNER_BUSY_MS }), ending.signal).catch(
  (error) => {
    log(messageOf(error));
    process.exit(1);
  },
);
while (!ending.signal.aborted) {
  const runner = new Runner(home, { idleMs: home.config.runnerIdleMinutes * 60_000, log });
  ending.signal.addEventListener("abort", () => runner.stop(), { once: true });
  let end: NodeJS.Timeout | undefined;
  // a worker in the middle of a long step, or one that hangs, must not keep the process when it was stopped or another runner
  // has its jobs: what is done has been written by now, the rest runs again
  runner.stopping.addEventListener("abort", () => {
    end = setTimeout(() => process.exit(0), STOP_MS).unref();
  });
  const didRun = await runner.run();
  clearTimeout(end);
  // a job may have come between the last look and the lease's release, when its submitter still saw this runner alive
  if (!didRun || (await patiently(() => home.catalog.queue(1), ending.signal)).length === 0) break;
}
home[Symbol.dispose]();
process.exit(0);
