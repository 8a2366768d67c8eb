import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { llamaRepository } from "../../../bench/schema/tokenizer.js";

/** Where the benchmarks keep what they take out of packages. */
export const BENCH_CACHE = fileURLToPath(new URL("../../node_modules/.cache/rowmill-bench", import.meta.url));

/** Vocabularies without weights that llama.cpp's own tests use, in the copy of its repository that node-llama-cpp brings. */
export interface GgufVocabularies {
  readonly names: readonly string[];
  /** The path of one, taken out of the repository at first use. */
  path(name: string): string;
  [Symbol.dispose](): void;
}

/** @returns null without git, or when the bundle isn't there */
export function openGgufVocabularies(): GgufVocabularies | null {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-vocabularies-"));
  const git = (...args: string[]) =>
    execFileSync("git", args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  let repository: string;
  let files: string[];
  try {
    repository = llamaRepository(BENCH_CACHE);
    files = git("-C", repository, "ls-tree", "--name-only", "HEAD", "models/").toString().split("\n");
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  const names = files.filter((file) => file.endsWith(".gguf")).map((file) => basename(file, ".gguf"));
  return {
    names,
    path: (name) => {
      const path = join(folder, `${name}.gguf`);
      writeFileSync(path, git("-C", repository, "show", `HEAD:models/${name}.gguf`));
      return path;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
