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
  own ??= { pid: process.pid, host: hostIdentity(), started: startOf(process.pid) ?? "" };
  return own;
}

/** Whether a process still runs: `null` when it belongs to another machine or container, which nobody here can see. */
export function isAlive(identity: ProcessIdentity): boolean | null {
  if (identity.host !== ownIdentity().host) return null;
  if (!hasProcess(identity.pid)) return false;
  return identity.started === "" || startOf(identity.pid) === identity.started;
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

/** The start of a process in the system's own words, `null` when there is no such process. */
function startOf(pid: number): string | null {
  try {
    if (process.platform === "win32") return "";
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // the command's name, in brackets, may hold spaces and brackets: count from its end (proc(5), field 22)
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // a zombie has ended; only its parent has not asked yet
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
