import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Home, leaseHolder } from "../jobs/index.js";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

/** A runner has the lease by then, or something is wrong with it. */
const START_MS = 30_000;
/** What this process started last for a home: watchers ask four times a second, a busy machine takes seconds to start
 *  a process. */
const starting = new WeakMap<Home, { readonly child: ChildProcess; readonly sinceMs: number }>();

/** Starts a runner for the home, detached from this process and its terminal, unless one is alive. Several started at
 *  once do no harm: one gets the lease, the others end. */
export function ensureRunner(home: Home): void {
  if (leaseHolder(home.catalog) !== null || isStarting(home)) return;
  const log = openSync(runnerLog(home.path), "a", 0o600);
  try {
    const child = spawn(process.execPath, [MAIN, home.path], {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: home.path,
    });
    // without a listener a failed start would end this process; the job stays queued and its watcher says so
    child.once("error", () => undefined);
    child.unref();
    starting.set(home, { child, sinceMs: performance.now() });
  } finally {
    closeSync(log);
  }
}

function isStarting(home: Home): boolean {
  const last = starting.get(home);
  if (last === undefined || performance.now() - last.sinceMs > START_MS) return false;
  const { pid, exitCode, signalCode } = last.child;
  return pid !== undefined && exitCode === null && signalCode === null;
}

/** The last lines that runners of this home wrote. */
export function runnerLogTail(home: string, lines = 5): string {
  try {
    return readFileSync(runnerLog(home), "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

function runnerLog(home: string): string {
  return join(home, "runner.log");
}
