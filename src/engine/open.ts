import type { Engine } from "./engine.js";
import type { Endpoint, EndpointFacts, FormKind, HttpChoice } from "./http/index.js";
import { type LocalChoice, LocalEngine, openTokenEngine } from "./local/index.js";

/** Which engine a worker opens. */
export type EngineChoice = LocalChoice | HttpChoice;

// what speaks HTTP is loaded by the jobs that need it: it costs 0.1 s of CPU

/** Loads a model into the engine asked for, or connects to its endpoint; `auto` is the fastest that is there.
 *  @throws {InputError} ROWMILL_NO_NATIVE_ENGINE when that was asked for and can't be used, with the reason
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE when llama.cpp can't load the file, ROWMILL_NO_KEY */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  if (choice.engine !== "http") return new LocalEngine(await openTokenEngine(choice));
  const { HttpEngine } = await import("./http/httpEngine.js");
  return new HttpEngine(choice);
}

/** Finds out what an endpoint is and what it can do for a form, by asking.
 *  @param known  what an endpoint, its model named, told an earlier time: what is there and of the same server is not asked again
 *  @returns the endpoint with the model's name filled in, and its facts
 *  @throws {InputError} ROWMILL_ENDPOINT_UNREACHABLE, ROWMILL_ENDPOINT_REFUSED, ROWMILL_MODEL_NOT_FOUND, ROWMILL_NO_KEY */
export async function askEndpoint(
  endpoint: Endpoint,
  form: FormKind | null,
  known: (named: Endpoint) => EndpointFacts | null,
): Promise<{ readonly endpoint: Endpoint; readonly facts: EndpointFacts }> {
  const { askEndpoint: ask } = await import("./http/ask.js");
  return await ask(endpoint, form, known);
}
