import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { InputError, messageOf } from "../../src/errors.js";
import { readVocabularyFacts, type TokenBytes, tokenBytesOf } from "../../src/grammar/masks/index.js";

/** A model's tokenizer, without its weights. */
export interface Tokenizer {
  readonly name: string;
  readonly vocabulary: TokenBytes;
  /** The model's own tokens of a text, control tokens' names taken as plain text. */
  tokenize(text: string): Uint32Array;
  close(): Promise<void>;
}

const DEFAULT_FILE = "models/ggml-vocab-qwen2.gguf";

/** Opens a model file for its tokenizer.
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND, ROWMILL_NOT_A_MODEL, ROWMILL_UNSUPPORTED_VOCABULARY */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  if (!existsSync(path)) throw new InputError("ROWMILL_MODEL_NOT_FOUND", `there is no model file ${path}`);
  // a file of a vocabulary alone makes llama.cpp grumble about weights that nobody asked for
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled, progressLogs: false });
  try {
    const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
    const facts = await readVocabularyFacts(path);
    const vocabulary = tokenBytesOf(facts);
    return {
      name: basename(path),
      vocabulary,
      tokenize: (text) => Uint32Array.from(model.tokenize(text, false)),
      close: () => llama.dispose(),
    };
  } catch (cause) {
    await llama.dispose();
    if (cause instanceof InputError) throw cause;
    throw new InputError("ROWMILL_NOT_A_MODEL", `${path} gives no tokenizer: ${messageOf(cause)}`, { cause });
  }
}

/** The vocabulary of 152 k tokens that llama.cpp's own tests use, out of the copy of its repository that node-llama-cpp
 *  brings along (a git bundle); taken out once, into a folder that git ignores.
 *  @throws {InputError} ROWMILL_NO_TOKENIZER without git, or when the bundle has it no more */
export function defaultTokenizerPath(cacheFolder: string, onLine: (line: string) => void): string {
  onLine(`tokenizer: qwen2's vocabulary out of the copy of llama.cpp in node-llama-cpp, kept in ${cacheFolder}`);
  const path = join(cacheFolder, "qwen2.gguf");
  if (existsSync(path)) return path;
  try {
    const bytes = git("-C", llamaRepository(cacheFolder), "show", `HEAD:${DEFAULT_FILE}`);
    const part = `${path}.${process.pid}`;
    writeFileSync(part, bytes);
    renameSync(part, path);
    return path;
  } catch (cause) {
    throw new InputError(
      "ROWMILL_NO_TOKENIZER",
      `${DEFAULT_FILE} can't be taken out of ${llamaBundle()} with git: name a model with --tokenizer FILE.gguf`,
      { cause },
    );
  }
}

/** The copy of llama.cpp's repository that node-llama-cpp brings, as git reads it; made once, in a folder that git ignores.
 *  @throws {Error} without git, or when there is no copy */
export function llamaRepository(cacheFolder: string): string {
  const repository = join(cacheFolder, "llama.cpp.git");
  if (existsSync(repository)) return repository;
  mkdirSync(cacheFolder, { recursive: true });
  const part = `${repository}.${process.pid}`;
  git("clone", "--quiet", "--bare", llamaBundle(), part);
  try {
    renameSync(part, repository);
  } catch (error) {
    // another process was faster
    rmSync(part, { recursive: true });
    if (!existsSync(repository)) throw error;
  }
  return repository;
}

function llamaBundle(): string {
  return join(dirname(createRequire(import.meta.url).resolve("node-llama-cpp")), "../llama/gitRelease.bundle");
}

function git(...args: readonly string[]): Buffer {
  return execFileSync("git", args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}
