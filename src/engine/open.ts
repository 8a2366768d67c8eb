import type { Engine } from "./engine.js";
import { type LocalChoice, LocalEngine, openTokenEngine } from "./local/index.js";

/** Which engine a worker opens. */
export type EngineChoice = LocalChoice;

/** Loads a model into the engine asked for; `auto` is the fastest that is there.
 *  @throws {InputError} ROWMILL_NO_NATIVE_ENGINE when that was asked for and can't be used, with the reason
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE when llama.cpp can't load the file */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  return new LocalEngine(await openTokenEngine(choice));
}
