import type { LocalEngineName } from "../names.js";

/** How an engine uses a machine: what a planner must know of it, whatever it is called. */
export interface EngineTraits {
  readonly name: LocalEngineName;
  /** A process loads a model once, and each worker keeps the job's prefix in a sequence of its own; otherwise each worker loads it
   *  and each slot keeps the prefix. */
  readonly sharesModel: boolean;
  /** A model lies on a GPU or on the CPU as a whole; otherwise its layers are spread over both. */
  readonly placesWhole: boolean;
  /** All slots lie in one KV cache, where a token looks over the places of all of them. */
  readonly sharesCache: boolean;
  /** The loop is one of the worker's compute threads; otherwise an event loop runs beside them. */
  readonly computesInLoop: boolean;
  /** Tokens may be chosen on the GPU that computes the logits. */
  readonly samplesInGraph: boolean;
  /** A worker begins quickly enough to try settings on a job's first rows. */
  readonly triesSettings: boolean;
}

const TRAITS: Readonly<Record<EngineTraits["name"], EngineTraits>> = {
  native: {
    name: "native",
    sharesModel: true,
    placesWhole: true,
    sharesCache: true,
    computesInLoop: true,
    samplesInGraph: true,
    triesSettings: true,
  },
  "node-llama-cpp": {
    name: "node-llama-cpp",
    sharesModel: false,
    placesWhole: false,
    sharesCache: false,
    computesInLoop: false,
    samplesInGraph: false,
    triesSettings: false,
  },
};

export function engineTraits(name: EngineTraits["name"]): EngineTraits {
  return TRAITS[name];
}
