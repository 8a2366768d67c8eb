import type { Home } from "../jobs/index.js";
import { ensureRunner } from "./launch.js";
import { Runner } from "./runner.js";

/** How a client sees to it that somebody runs its home's jobs. */
export interface RunnerLink extends AsyncDisposable {
  /** Starts a runner unless one is alive; cheap, to be called whenever a job waits. */
  ensure(): void;
}

/** The home's runner, a detached process: it goes on when this process ends. */
export function linkToProcess(home: Home): RunnerLink {
  return { ensure: () => ensureRunner(home), [Symbol.asyncDispose]: async () => undefined };
}

/** A runner in this process, for tests and embedders; it stops with the link, and unfinished jobs stay queued. */
export function linkInProcess(home: Home): RunnerLink {
  let runner: Runner | null = null;
  let end: Promise<unknown> = Promise.resolve();
  return {
    ensure: () => {
      if (runner !== null) return;
      const started = new Runner(home, { idleMs: Number.POSITIVE_INFINITY, log: (line) => console.error(line) });
      runner = started;
      end = started.run().finally(() => {
        // another process had the home's lease, or took it: look again at the next call
        if (runner === started) runner = null;
      });
      end.catch(() => undefined);
    },
    [Symbol.asyncDispose]: async () => {
      runner?.stop();
      await end;
    },
  };
}
