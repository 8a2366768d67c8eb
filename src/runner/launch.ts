import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Home } from "../jobs/index.js";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

/** Starts a runner for the home, detached from this process and its terminal.
 *  Several started at once do no harm: one gets the lease, the others end.
 *  @param onEnd called when the process has ended, or could not be started */
export function spawnRunner(home: Home, onEnd: () => void): void {
  const log = openLog(home.path);
  try {
    const child = spawn(process.execPath, [MAIN, home.path], {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: home.path,
    });
    child.once("error", onEnd);
    child.once("exit", onEnd);
    child.unref();
  } finally {
    if (log !== "ignore") closeSync(log);
  }
}

/** A full disk that can't hold the log is nothing that a runner may fail of. */
function openLog(home: string): number | "ignore" {
  try {
    return openSync(runnerLog(home), "a", 0o600);
  } catch {
    return "ignore";
  }
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
