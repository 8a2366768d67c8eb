import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import type { Llama } from "node-llama-cpp";
import type { BackendName } from "./llamaBackend.js";

const SHARED = "rowmill:llama";

/** By backend and compute threads. node-llama-cpp tries the binary out in a process of its own each time that it loads one:
 *  0.5 s of CPU, for what the process has loaded already. */
const loading = new Map<string, Promise<Llama>>();

/** llama.cpp's build for a backend, loaded by node-llama-cpp; kept to the end of the thread.
 *  @param threads compute threads of its contexts; left out by who computes nothing with them: then any will do
 *  @throws what node-llama-cpp says when it finds no binaries */
export function loadLlama(backend: BackendName, threads?: number): Promise<Llama> {
  const key = `${backend} ${threads ?? ""}`;
  const found = loading.get(key) ?? (threads === undefined ? anyOf(backend) : undefined);
  if (found !== undefined) return found;
  const made = load(backend, threads);
  loading.set(key, made);
  made.catch(() => loading.delete(key));
  return made;
}

/** The release of the build that the thread which started this one had loaded by then, and keeps; null where that is none.
 *  It is in the process, so that the native engine need not load it again. */
export function sharedRelease(backend: BackendName): string | null {
  return sharedReleases()[backend] ?? null;
}

function sharedReleases(): Readonly<Partial<Record<BackendName, string>>> {
  return (getEnvironmentData(SHARED) ?? {}) as Readonly<Partial<Record<BackendName, string>>>;
}

function anyOf(backend: BackendName): Promise<Llama> | undefined {
  for (const [key, llama] of loading) if (key.startsWith(`${backend} `)) return llama;
  return undefined;
}

async function load(backend: BackendName, threads: number | undefined): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  const llama = await getLlama({
    gpu: backend === "cpu" ? false : backend,
    build: "never",
    logLevel: LlamaLogLevel.error,
    progressLogs: false,
    ...(threads !== undefined && { maxThreads: threads }),
  });
  setEnvironmentData(SHARED, { ...sharedReleases(), [backend]: llama.llamaCppRelease.release } as never);
  return llama;
}
