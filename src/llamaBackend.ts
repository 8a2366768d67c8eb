import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { messageOf } from "./errors.js";

/** What llama.cpp can compute on; "cpu" is always there. */
export type BackendName = "cuda" | "vulkan" | "metal" | "cpu";

/** What a process of its own found when it loaded a GPU's build of llama.cpp. */
export interface BackendProbe {
  readonly backend: Exclude<BackendName, "cpu">;
  /** GPUs that llama.cpp would use: a processor that plays one (llvmpipe) is none. */
  readonly devices: readonly string[];
  readonly vramBytes: number;
  /** Why it could not be loaded; `null` when it was. */
  readonly failure: string | null;
}

export interface BackendChoice {
  readonly backend: BackendName;
  /** Of the builds that the machine has libraries for, the fastest first, up to the one that is taken. */
  readonly probes: readonly BackendProbe[];
}

const SHARED = "rowmill:backend";
/** Loading a GPU's libraries for the first time takes seconds, on a busy machine minutes. */
const LIMIT_MS = 600_000;
/** The built file, also for a test that runs from src/. */
const PROCESS = fileURLToPath(new URL("../dist/llamaProbe.js", import.meta.url));

let choice: Promise<BackendChoice> | undefined;

/** The fastest backend that has a device to compute on. A build of llama.cpp can't be unloaded and takes libraries for
 *  having a device, so a process of its own tries each; asked once a process and told to its later threads.
 *  @throws what node-llama-cpp says when it finds no binaries */
export function usableBackend(): Promise<BackendChoice> {
  choice ??= chooseBackend();
  choice.catch(() => {
    choice = undefined;
  });
  return choice;
}

/** What `auto` stands for here. */
export async function backendFor(asked: "auto" | "cpu"): Promise<BackendName> {
  return asked === "cpu" ? "cpu" : (await usableBackend()).backend;
}

async function chooseBackend(): Promise<BackendChoice> {
  const told = getEnvironmentData(SHARED) as unknown as BackendChoice | undefined;
  if (told !== undefined) return told;
  const { getLlamaGpuTypes } = await import("node-llama-cpp");
  const probes: BackendProbe[] = [];
  let backend: BackendName = "cpu";
  for (const type of await getLlamaGpuTypes("supported")) {
    if (type === false) break;
    // part of the system where it is there at all
    const probe = type === "metal" ? null : await probeBackend(type);
    if (probe !== null) probes.push(probe);
    if (probe !== null && !isUsable(probe)) continue;
    backend = type;
    break;
  }
  const made: BackendChoice = { backend, probes };
  setEnvironmentData(SHARED, made as never);
  return made;
}

function isUsable({ devices, vramBytes, failure }: BackendProbe): boolean {
  return failure === null && devices.length > 0 && vramBytes > 0;
}

function probeBackend(backend: BackendProbe["backend"]): Promise<BackendProbe> {
  const nothing = { backend, devices: [], vramBytes: 0 };
  return new Promise((resolve) => {
    const child = fork(PROCESS, [backend], { execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    let probe: BackendProbe | undefined;
    child.on("message", (message) => {
      probe = message as BackendProbe;
    });
    child.once("error", (error) => resolve({ ...nothing, failure: messageOf(error) }));
    // also where it could not be started at all
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve(probe ?? { ...nothing, failure: `the process that tried it ended with ${signal ?? `code ${code}`}` });
    });
  });
}
