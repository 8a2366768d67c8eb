import { EXIT, messageOf, RowmillError } from "../errors.js";
import { visibleText } from "../foreignText.js";
import { type Home, isPassing, leaseHolder, openHome } from "../jobs/index.js";
import { runnerLogTail, spawnRunner } from "./launch.js";
import { patiently } from "./patience.js";
import type { Runner } from "./runner.js";

/** How a client sees to it that somebody runs its home's jobs. */
export interface RunnerLink extends AsyncDisposable {
  /** Starts a runner unless one is alive; cheap, to be called whenever a job waits. */
  ensure(): void;
}

/** So many runners in a row that ended without taking a waiting job mean that none can. */
const MOST_STARTS = 3;

/** The home's runner, a detached process: it goes on when this process ends. */
export function linkToProcess(home: Home): RunnerLink {
  let isStarting = false;
  let starts = 0;
  return {
    ensure: () => {
      if (home.isReadOnly) return;
      if (leaseHolder(home.catalog) !== null) {
        starts = 0;
        return;
      }
      // a runner needs a moment from its start to its lease
      if (isStarting) return;
      if (starts === MOST_STARTS) throw noRunner(home);
      isStarting = true;
      starts++;
      spawnRunner(home, () => {
        isStarting = false;
      });
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function noRunner(home: Home): RowmillError {
  const tail = runnerLogTail(home.path);
  return new RowmillError(
    "ROWMILL_NO_RUNNER",
    `the home's runner does not start; its log, ${home.path}/runner.log, ends with: ${tail || "(nothing)"}`,
    { exitCode: EXIT.bug },
  );
}

/** A runner in this process, for tests and embedders; it stops with the link, and unfinished jobs stay queued. */
export function linkInProcess(home: Home): RunnerLink {
  let isRunning = false;
  const closing = new AbortController();
  let runner: Runner | null = null;
  let end: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    // piscina and the planner are loaded by who runs jobs, not by who looks at them
    const { RUNNER_BUSY_MS, Runner } = await import("./runner.js");
    if (closing.signal.aborted) return;
    // a home of its own: its statements wait for no lock, while those of the program do
    using own = await patiently(() => openHome(home.path, { busyTimeoutMs: RUNNER_BUSY_MS }), closing.signal);
    runner = new Runner(own, { idleMs: Number.POSITIVE_INFINITY, log: (line) => console.error(visibleText(line)) });
    await runner.run();
  };
  return {
    ensure: () => {
      if (isRunning || closing.signal.aborted || home.isReadOnly) return;
      isRunning = true;
      end = run().finally(() => {
        // another process had the home's lease, or took it: look again at the next call
        isRunning = false;
      });
      end.catch((error: unknown) => {
        // closed while it waited for room
        if (!(closing.signal.aborted && isPassing(error))) console.error(visibleText(toldAs(error)));
      });
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      runner?.stop();
      // what ended it was told when it did
      await end.catch(() => undefined);
    },
  };
}

/** A user's mistake in its line, a bug with its stack. */
function toldAs(error: unknown): string {
  return error instanceof RowmillError ? error.message : ((error as Error | null)?.stack ?? messageOf(error));
}
