import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, told apart from a later one that got the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Where process ids mean the same: the machine, its boot and, in containers, the id namespace. */
  readonly host: string;
  /** When it started, as the system words it; "" where that can't be told. */
  readonly started: string;
}

let own: ProcessIdentity | null = null;

/** This process. */
export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, host: hostIdentity(), started: lookAt(process.pid)?.started ?? "" };
  return own;
}

/** Whether a process still runs: `null` when it belongs to another machine or container, which nobody here can see. */
export function isAlive(identity: ProcessIdentity): boolean | null {
  const state = stateOf(identity);
  return state === null ? null : state !== "gone";
}

/** What can be seen of a process: `stopped` by a signal or a debugger; `null` where nobody here can see it. */
export function stateOf(identity: ProcessIdentity): "running" | "stopped" | "gone" | null {
  if (identity.host !== ownIdentity().host) return null;
  if (!hasProcess(identity.pid)) return "gone";
  const seen = lookAt(identity.pid);
  if (identity.started !== "" && seen?.started !== identity.started) return "gone";
  return seen?.isStopped === true ? "stopped" : "running";
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function hostIdentity(): string {
  if (process.platform !== "linux") return hostname();
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
}

/** A process's start in the system's own words and whether it is stopped; `null` when there is no such process. */
function lookAt(pid: number): { readonly started: string; readonly isStopped: boolean } | null {
  try {
    if (process.platform === "win32") return { started: "", isStopped: false };
    if (process.platform !== "linux") {
      // the start in one zone and language, whoever asks
      const env = { ...process.env, TZ: "UTC", LC_ALL: "C" };
      const words = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8", env }).trim();
      const gap = words.search(/\s/);
      return { started: words.slice(gap).trim(), isStopped: words.startsWith("T") };
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // the command's name, in brackets, may hold spaces and brackets: count from its end (proc(5), field 22)
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // a zombie has ended; only its parent has not asked yet
    if (fields[0] === "Z" || fields[0] === "X") return null;
    return { started: fields[19] ?? "", isStopped: fields[0] === "T" || fields[0] === "t" };
  } catch {
    return null;
  }
}
