import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface LlamaRelease {
  /** node-llama-cpp's version. */
  readonly nodeLlamaCpp: string;
  /** The llama.cpp release that it brings, e.g. "v0.4.0"; "unknown" where it does not say. */
  readonly llamaCppRelease: string;
}

let installed: LlamaRelease | undefined;

/** What is installed of llama.cpp; loads nothing of it. Read once a process. */
export function installedLlama(): LlamaRelease {
  installed ??= readInstalled();
  return installed;
}

function readInstalled(): LlamaRelease {
  const root = dirname(dirname(createRequire(import.meta.url).resolve("node-llama-cpp")));
  const { version } = readJson(join(root, "package.json")) as { version: string };
  const { release } = readJson(join(root, "llama", "binariesGithubRelease.json")) as { release?: unknown };
  return { nodeLlamaCpp: version, llamaCppRelease: typeof release === "string" ? release : "unknown" };
}

function readJson(path: string): object {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as object;
  } catch {
    return {}; // built by the user: then its release is known when it is loaded
  }
}
