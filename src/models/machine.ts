import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import { dirname, join } from "node:path";
import { messageOf } from "../errors.js";
import { usableBackend } from "../llamaBackend.js";
import { installedLlama } from "../llamaRelease.js";
import { loadLlama } from "../loadedLlama.js";
import { type UnusedBackend, unusedBackends } from "./backendReasons.js";

/** What there is to run a model on. Nothing here loads a backend. */
export interface MachineFacts {
  readonly platform: string;
  readonly arch: string;
  readonly cpuModel: string;
  /** Hardware threads that this process may use at once: affinity and a container's quota count. */
  readonly cores: number;
  /** Of these, physical ones; compute threads beyond them gain nothing. */
  readonly physicalCores: number;
  /** Memory that this process may use at most, and what is left of it; a container's limit counts. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly node: string;
  readonly nodeLlamaCpp: string;
  /** The llama.cpp release that node-llama-cpp bundles. */
  readonly llamaCppRelease: string;
}

/** What llama.cpp computes on. */
export interface BackendFacts {
  /** "cpu", "cuda", "vulkan" or "metal". */
  readonly backend: string;
  /** The llama.cpp release that was loaded; `null` when none could be. */
  readonly release: string | null;
  /** The other backends that this platform could have, and why each is not used. */
  readonly unused: readonly UnusedBackend[];
  readonly devices: readonly string[];
  readonly vramBytes: number;
  readonly freeVramBytes: number;
  /** Of the GPUs' memory, what is the machine's own as well. */
  readonly unifiedVramBytes: number;
  /** Why the backend could not be loaded; `null` when it was. */
  readonly failure: string | null;
}

export function machineFacts(): MachineFacts {
  const cores = usableCores();
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return {
    platform: process.platform,
    arch: process.arch,
    cpuModel: os.cpus()[0]?.model.trim() ?? "unknown",
    cores,
    physicalCores: Math.max(1, Math.min(cores, physicalCores() ?? cores)),
    memoryBytes: constrained > 0 && constrained < total ? constrained : total,
    freeMemoryBytes: process.availableMemory(),
    node: process.version,
    ...installedLlama(),
  };
}

/** Loads the fastest backend that has a device (once a process) and says what it found. */
export async function backendFacts(): Promise<BackendFacts> {
  let unused: readonly UnusedBackend[] = [];
  try {
    const choice = await usableBackend();
    unused = unusedBackends(choice);
    const llama = await loadLlama(choice.backend);
    const isCpu = choice.backend === "cpu";
    const vram = isCpu ? { total: 0, free: 0, unifiedSize: 0 } : await llama.getVramState();
    return {
      backend: choice.backend,
      release: llama.llamaCppRelease.release,
      unused,
      devices: isCpu ? [] : await llama.getGpuDeviceNames(),
      vramBytes: vram.total,
      freeVramBytes: vram.free,
      unifiedVramBytes: vram.unifiedSize,
      failure: null,
    };
  } catch (error) {
    const failure = messageOf(error);
    const nothing = { devices: [], vramBytes: 0, freeVramBytes: 0, unifiedVramBytes: 0 };
    return { backend: "none", release: null, unused, ...nothing, failure };
  }
}

/** Node 20 does not count a container's CPU quota. */
function usableCores(): number {
  const quota = cpuQuota();
  const available = os.availableParallelism();
  return Math.max(1, quota === null ? available : Math.min(available, Math.ceil(quota)));
}

/** CPUs that the control group grants, `null` for no limit: cgroup v2's cpu.max, or v1's quota and period. */
function cpuQuota(): number | null {
  const limits = cgroupFolders().map((folder) => {
    const [quota, period] = (readLine(join(folder, "cpu.max")) ?? "max").split(" ").map(Number);
    return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
  });
  const quota = Number(readLine("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") ?? "-1");
  const period = Number(readLine("/sys/fs/cgroup/cpu/cpu.cfs_period_us") ?? "0");
  if (quota > 0 && period > 0) limits.push(quota / period);
  const known = limits.filter((limit) => limit !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** This process's own control group and all above it: the tightest limit holds. */
function cgroupFolders(): string[] {
  const own = readLine("/proc/self/cgroup", /^0::(.*)$/m);
  if (own === null) return [];
  const folders = [];
  for (let path = own; ; path = dirname(path)) {
    folders.push(join("/sys/fs/cgroup", path));
    if (path === "/" || path === ".") return folders;
  }
}

function physicalCores(): number | null {
  if (process.platform === "linux") return linuxPhysicalCores();
  if (process.platform !== "darwin") return null;
  try {
    return Number(execFileSync("sysctl", ["-n", "hw.physicalcpu"], { encoding: "utf8" })) || null;
  } catch {
    return null; // then every hardware thread counts as a core
  }
}

function linuxPhysicalCores(): number | null {
  const siblings = new Set<string>();
  for (let cpu = 0; cpu < os.cpus().length; cpu++) {
    const line = readLine(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`);
    if (line !== null) siblings.add(line);
  }
  return siblings.size || null;
}

function readLine(path: string, pattern = /^(.*)$/m): string | null {
  try {
    return pattern.exec(readFileSync(path, "utf8"))?.[1]?.trim() ?? null;
  } catch {
    return null; // not on this platform
  }
}
