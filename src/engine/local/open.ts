import { engineObstacle, loadAddon } from "../../addon.js";
import { InputError, messageOf } from "../../errors.js";
import type { EngineName, LocalEngineName } from "../names.js";
import type { NodeLlamaCppOptions } from "./nodeLlamaCpp/nodeLlamaCpp.js";
import type { LoadOptions, TokenEngine, Tokenizer } from "./tokenEngine.js";

/** What engine runs a model's file. */
export interface LocalChoice extends LoadOptions {
  readonly engine: Exclude<EngineName, "http">;
}

export interface LikelyEngine {
  readonly name: LocalEngineName;
  /** Why it is not the fastest; `null` where it is, or was asked for. */
  readonly reason: string | null;
}

/** What runs a model's file here, as far as can be said before llama.cpp is loaded: "auto" stands for the fastest, and so does an
 *  engine that runs none. */
export function likelyEngine(engine: EngineName): LikelyEngine {
  if (engine === "native" || engine === "node-llama-cpp") return { name: engine, reason: null };
  const reason = engineObstacle();
  return { name: reason === null ? "native" : "node-llama-cpp", reason };
}

/** What is loaded of llama.cpp. */
export interface LoadedLlama {
  /** "cpu", "cuda", "vulkan" or "metal". */
  readonly backend: string;
  readonly release: string | null;
}

/** Finds out whether llama.cpp takes a model's file before anybody reckons with its numbers: loads all but its weights.
 *  Where the native engine is missing this finds out nothing.
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE */
export async function tryModel(modelPath: string, llama: LoadedLlama): Promise<void> {
  await asInputError(modelPath, async () => tryFile(modelPath, llama));
}

function tryFile(modelPath: string, { backend, release }: LoadedLlama): void {
  const { native } = loadAddon();
  if (native?.tryModel === undefined || native.llamaRelease !== release) return;
  native.tryModel(modelPath, backend === "cpu" ? "" : backend);
}

/** Loads a model into the engine asked for; `auto` is the fastest that is there.
 *  @throws {InputError} ROWMILL_NO_NATIVE_ENGINE when that was asked for and can't be used, with the reason
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE when llama.cpp can't load the file */
export async function openTokenEngine(choice: LocalChoice): Promise<TokenEngine> {
  if (choice.engine === "node-llama-cpp") return load(choice.modelPath, choice);
  const { findNativeObstacle, openNative } = await import("./native/nativeEngine.js");
  const obstacle = await findNativeObstacle(choice);
  if (obstacle === null) return asInputError(choice.modelPath, () => openNative(choice));
  if (choice.engine === "native") throw new InputError("ROWMILL_NO_NATIVE_ENGINE", obstacle);
  return load(choice.modelPath, choice);
}

/** Loads a model's vocabulary only: for counting tokens.
 *  @param trial awaited before the file is touched; llama.cpp is loaded meanwhile
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE, or what the trial says */
export async function openTokenizer(modelPath: string, trial?: Promise<void>): Promise<Tokenizer> {
  return load(modelPath, { modelPath, threads: 1, backend: "cpu", vocabularyOnly: true }, trial);
}

async function load(modelPath: string, options: NodeLlamaCppOptions, trial?: Promise<void>): Promise<TokenEngine> {
  // loaded when it is needed: importing it costs half a second of CPU, which a command that only looks should not pay
  const loading = import("./nodeLlamaCpp/nodeLlamaCpp.js");
  // together, so that a trial that fails while llama.cpp is loaded is heard
  const [{ loadBackend, openNodeLlamaCpp }] = await Promise.all([loading, trial]);
  return asInputError(modelPath, async () => {
    const { gpu, llamaCppRelease } = await loadBackend(options);
    // before it loads a model node-llama-cpp reckons with its numbers, over which llama.cpp may end the process
    tryFile(modelPath, { backend: gpu || "cpu", release: llamaCppRelease.release });
    return await openNodeLlamaCpp(options);
  });
}

async function asInputError<Opened>(modelPath: string, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (cause) {
    throw new InputError("ROWMILL_MODEL_UNREADABLE", `llama.cpp can't load ${modelPath}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
