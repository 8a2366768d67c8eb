import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Vocabularies without weights that llama.cpp's own tests use, in the copy of its repository that node-llama-cpp brings. */
export interface GgufVocabularies {
  readonly names: readonly string[];
  /** The path of one, taken out of the repository at first use. */
  path(name: string): string;
  [Symbol.dispose](): void;
}

/** @returns null without git, or when the bundle isn't there */
export function openGgufVocabularies(): GgufVocabularies | null {
  const bundle = join(dirname(createRequire(import.meta.url).resolve("node-llama-cpp")), "../llama/gitRelease.bundle");
  const folder = mkdtempSync(join(tmpdir(), "rowmill-vocabularies-"));
  const repository = join(folder, "llama.cpp.git");
  const git = (...args: string[]) =>
    execFileSync("git", args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  let files: string[];
  try {
    git("clone", "--quiet", "--bare", bundle, repository);
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
