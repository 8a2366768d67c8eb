import { InputError, messageOf } from "../errors.js";
import type { Engine } from "./engine.js";
import { openNodeLlamaCpp } from "./nodeLlamaCpp.js";

export const ENGINES = ["auto", "node-llama-cpp"] as const;
export type EngineName = (typeof ENGINES)[number];

export interface EngineChoice {
  readonly engine: EngineName;
  readonly modelPath: string;
  readonly threads: number;
  readonly backend: "auto" | "cpu";
}

/** Loads a model into the engine asked for; `auto` is the fastest that is there.
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE when llama.cpp can't load the file */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  return load(choice.modelPath, () => openNodeLlamaCpp(choice));
}

/** Loads a model's vocabulary only: for counting tokens.
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE */
export async function openTokenizer(modelPath: string): Promise<Engine> {
  return load(modelPath, () => openNodeLlamaCpp({ modelPath, threads: 1, backend: "cpu", vocabularyOnly: true }));
}

async function load(modelPath: string, open: () => Promise<Engine>): Promise<Engine> {
  try {
    return await open();
  } catch (cause) {
    throw new InputError("ROWMILL_MODEL_UNREADABLE", `llama.cpp can't load ${modelPath}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
