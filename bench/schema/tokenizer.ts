import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { getLlama, LlamaLogLevel, type Token } from "node-llama-cpp";
import { InputError, messageOf } from "../../src/errors.js";
import { type VocabularyBytes, vocabularyOf } from "./vocabulary.js";

/** A model's tokenizer, without its weights. */
export interface Tokenizer {
  readonly name: string;
  readonly vocabulary: VocabularyBytes;
  /** The model's own tokens of a text, control tokens' names taken as plain text. */
  tokenize(text: string): Uint32Array;
  close(): Promise<void>;
}

const DEFAULT_FILE = "models/ggml-vocab-qwen2.gguf";

/** Opens a model file for its tokenizer.
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND, ROWMILL_NOT_A_MODEL, or a vocabulary whose bytes nobody here knows */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  if (!existsSync(path)) throw new InputError("ROWMILL_MODEL_NOT_FOUND", `there is no model file ${path}`);
  // a file of a vocabulary alone makes llama.cpp grumble about weights that nobody asked for
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled, progressLogs: false });
  try {
    const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
    const { ggml } = model.fileInfo.metadata.tokenizer ?? {};
    if (ggml === undefined) throw new Error("it has no tokenizer");
    const ids = ggml.tokens.map((_, id) => id);
    const endTokens = ids.filter((id) => model.isEogToken(id as Token));
    const vocabulary = vocabularyOf(ggml.model, ggml.tokens, ggml.token_type ?? [], endTokens);
    return {
      name: `${ggml.model}/${ggml.pre ?? "default"}`,
      vocabulary,
      tokenize: (text) => Uint32Array.from(model.tokenize(text, false)),
      close: () => llama.dispose(),
    };
  } catch (cause) {
    await llama.dispose();
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
  const packageFile = createRequire(import.meta.url).resolve("node-llama-cpp");
  const bundle = join(dirname(packageFile), "../llama/gitRelease.bundle");
  try {
    mkdirSync(cacheFolder, { recursive: true });
    const repository = join(cacheFolder, "llama.cpp.git");
    if (!existsSync(repository)) git("clone", "--quiet", "--bare", bundle, repository);
    const bytes = git("-C", repository, "show", `HEAD:${DEFAULT_FILE}`);
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
    return path;
  } catch (cause) {
    throw new InputError(
      "ROWMILL_NO_TOKENIZER",
      `${DEFAULT_FILE} can't be taken out of ${bundle} with git: name a model with --tokenizer FILE.gguf`,
      { cause },
    );
  }
}

function git(...args: readonly string[]): Buffer {
  return execFileSync("git", args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}
