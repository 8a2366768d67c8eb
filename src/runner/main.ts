import { openHome } from "../jobs/index.js";
import { Runner } from "./runner.js";

/** The runner's process: `node main.js HOME`. */
const STOP_MS = 5000;
const path = process.argv[2];
if (path === undefined) throw new Error("usage: node main.js HOME");
const log = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);
// the terminal that started it may go away
process.on("SIGHUP", () => undefined);

const home = openHome(path, { say: log });
let isStopped = false;
for (;;) {
  const runner = new Runner(home, { idleMs: home.config.runnerIdleMinutes * 60_000, log });
  const stop = (): void => {
    isStopped = true;
    runner.stop();
    // a worker that hangs must not keep the process: what it had not reported runs again
    setTimeout(() => process.exit(0), STOP_MS).unref();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  const didRun = await runner.run();
  process.off("SIGTERM", stop);
  process.off("SIGINT", stop);
  // a job may have come between the last look and the lease's release, when its submitter still saw this runner alive
  if (!didRun || isStopped || home.catalog.peekQueued() === null) break;
}
home[Symbol.dispose]();
process.exit(0);
