import { Worker } from "node:worker_threads";

/** A watch over this thread. */
export interface LoopGuard extends AsyncDisposable {
  /** Whether something was stopped; what waits for that waits for ever. */
  readonly hasStopped: () => boolean;
  /** Resolves when something was stopped. */
  readonly stopped: Promise<void>;
}

/** Places in the memory that both threads see. */
const BEATS = 0;
const STOPS = 1;
const LOOKS = 60;

/** Looks at the main thread's beats. A thread can't throw into another; what a debugger may, it may: `Runtime.terminateExecution`
 *  ends the JavaScript that runs, and the event loop goes on. A session each time: a request that came between two pieces of code
 *  stays open and keeps its session's next ones out. */
const WATCHER = `
  const { Session } = require("node:inspector");
  const { shared, lookMs } = require("node:worker_threads").workerData;
  let seen = 0;
  let silentLooks = 0;
  setInterval(() => {
    const beats = Atomics.load(shared, ${BEATS});
    // looks and not the clock, which may be set and goes on while the process is stopped
    silentLooks = beats === seen ? silentLooks + 1 : 0;
    seen = beats;
    if (silentLooks < ${LOOKS}) return;
    const session = new Session();
    session.connectToMainThread();
    Atomics.add(shared, ${STOPS}, 1);
    session.post("Runtime.terminateExecution", () => session.disconnect());
  }, lookMs);`;

/** Stops code on the main thread that does not let the event loop on for so long: somebody's code, which may loop for ever.
 *  @param limitMs how long it may compute at a stretch */
export function guardLoops(limitMs: number): LoopGuard {
  const shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const lookMs = Math.max(1, Math.round(limitMs / LOOKS));
  const watcher = new Worker(WATCHER, { eval: true, workerData: { shared, lookMs } });
  // a Node.js that was built without the inspector has no guard
  watcher.on("error", () => {}).unref();
  const hasStopped = () => Atomics.load(shared, STOPS) > 0;
  let beat: NodeJS.Timeout | undefined;
  const stopped = new Promise<void>((resolve) => {
    beat = setInterval(() => {
      Atomics.add(shared, BEATS, 1);
      if (hasStopped()) resolve();
    }, lookMs).unref();
  });
  return {
    hasStopped,
    stopped,
    [Symbol.asyncDispose]: async () => {
      clearInterval(beat);
      await watcher.terminate();
    },
  };
}
