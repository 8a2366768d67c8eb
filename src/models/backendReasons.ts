import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type { BackendChoice, BackendName } from "../llamaBackend.js";

/** A backend that this platform could have and that is not used, and why, in a line. */
export interface UnusedBackend {
  readonly backend: Exclude<BackendName, "cpu">;
  readonly reason: string;
}

/** Why none of the faster backends is used, and none of the slower ones beside the CPU. */
export function unusedBackends(choice: BackendChoice): UnusedBackend[] {
  return platformBackends()
    .filter((backend) => backend !== choice.backend)
    .map((backend) => ({ backend, reason: reasonAgainst(backend, choice) }));
}

function platformBackends(): UnusedBackend["backend"][] {
  return process.platform === "darwin" ? ["metal"] : ["cuda", "vulkan"];
}

function reasonAgainst(backend: UnusedBackend["backend"], choice: BackendChoice): string {
  const probe = choice.probes.find((made) => made.backend === backend);
  if (probe !== undefined && probe.failure !== null)
    return `its libraries are here and can't be loaded: ${probe.failure}`;
  if (probe !== undefined) return NO_DEVICE[backend];
  if (backend === "metal") return "llama.cpp uses it on Apple silicon only";
  if (!isInstalled(backend)) return `llama.cpp's build for it is not installed (npm package ${packageOf(backend)})`;
  const missing = missingOf(backend);
  if (missing.length > 0) return `missing: ${missing.join(" and ")}`;
  return choice.backend === "cpu" ? "node-llama-cpp does not take it here" : `${choice.backend} is faster`;
}

const NO_DEVICE: Readonly<Record<UnusedBackend["backend"], string>> = {
  cuda: "its libraries are here and find no GPU: see that nvidia-smi lists one",
  vulkan: "its loader is here and finds no GPU (a processor that plays one, as llvmpipe does, is none)",
  metal: "there is no device",
};

/** What node-llama-cpp looks for before it tries a build. */
function missingOf(backend: "cuda" | "vulkan"): string[] {
  if (process.platform !== "linux") return [];
  if (backend === "vulkan")
    return hasLibrary("libvulkan.so", "1") ? [] : ["a Vulkan loader (libvulkan.so.1) and a GPU's driver"];
  const runtime = ["libcudart.so", "libcublas.so", "libcublasLt.so"].filter((name) => !hasLibrary(name, "12", "13"));
  return [
    ...(hasLibrary("libcuda.so", "1") && hasLibrary("libnvidia-ml.so", "1") ? [] : ["an NVIDIA driver (libcuda.so.1)"]),
    ...(runtime.length > 0 ? [`CUDA's runtime, version 12 or 13 (${runtime.join(", ")})`] : []),
  ];
}

function hasLibrary(name: string, ...versions: readonly string[]): boolean {
  return libraryFolders().some((folder) => versions.some((version) => existsSync(join(folder, `${name}.${version}`))));
}

function libraryFolders(): string[] {
  const own = [process.env.LD_LIBRARY_PATH, process.env.CUDA_PATH].flatMap((list) => list?.split(delimiter) ?? []);
  const system = ["/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
  const toolkits = namesIn("/usr/local")
    .filter((name) => name.startsWith("cuda"))
    .map((name) => join("/usr/local", name));
  const targets = toolkits.flatMap((toolkit) =>
    namesIn(join(toolkit, "targets")).map((name) => join(toolkit, "targets", name, "lib")),
  );
  return [...own, ...system, ...toolkits.map((toolkit) => join(toolkit, "lib64")), ...targets].filter(Boolean);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not on this machine
  }
}

function packageOf(backend: string): string {
  const platform = { win32: "win", darwin: "mac" }[process.platform as string] ?? process.platform;
  return `@node-llama-cpp/${platform}-${process.arch}-${backend}`;
}

/** Whether npm has put the build beside node-llama-cpp or above it. */
function isInstalled(backend: string): boolean {
  const own = createRequire(import.meta.url);
  const folders = createRequire(own.resolve("node-llama-cpp")).resolve.paths(packageOf(backend)) ?? [];
  return folders.some((folder) => existsSync(join(folder, packageOf(backend))));
}
