import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { messageOf } from "./errors.js";
import { installedLlama } from "./llamaRelease.js";
import type { Sampling } from "./sampling.js";
import type { TokenLogprobs } from "./tokenLogprobs.js";

/** The classes of native/counters/counters_binding.cc. Arguments are checked on this side. Counts cross the line as lists. */
export interface NativeCounters {
  /** What the places of such a list are. */
  readonly countNames: readonly string[];
  readonly CounterPage: {
    new (path: string): NativePage;
    new (path: string, workers: number, rowsTotal: number, startedAtMs: number, ...base: readonly number[]): NativePage;
  };
  readonly CounterLane: new (path: string, worker: number) => NativeLane;
  readonly CounterWatch: new (path: string, intervalMs: number, listener: NativeListener) => NativeWatch;
}
export type NativeListener = (error: string | null, ...counts: readonly number[]) => void;

export interface NativePage {
  readonly workers: number;
  readonly rowsTotal: number;
  read(): readonly number[];
  note(): string;
  setNote(note: string): void;
  close(): void;
}

export interface NativeLane {
  /** @param place of the count in a list */
  add(place: number, count: number): void;
}

export interface NativeWatch {
  close(): void;
}

/** The classes of native/grammar/grammar_binding.cc. They refuse arguments of the wrong type with a TypeError and throw
 *  errors with the code "GRAMMAR" where the content is at fault. src/grammar says what they mean. */
export interface NativeGrammarClasses {
  readonly TokenVocabulary: new (bytes: Uint8Array, offsets: Uint32Array, endTokens: Uint32Array) => NativeVocabulary;
  readonly TokenGrammar: new (tables: Uint32Array, vocabulary: NativeVocabulary, memoryBytes: number) => NativeGrammar;
  readonly TokenMatcher: new (from: NativeGrammar | NativeMatcher) => NativeMatcher;
}

export interface NativeVocabulary {
  readonly size: number;
}

export interface NativeGrammar {
  replay(tokens: Int32Array, nanoseconds: Float64Array): number;
  stats(): { readonly states: number; readonly masks: number; readonly bytes: number; readonly renewals: number };
}

export interface NativeMatcher {
  readonly isAccepting: boolean;
  readonly mustEnd: boolean;
  readonly depth: number;
  mask(into: Uint32Array): Uint32Array;
  allows(token: number): boolean;
  accept(token: number): boolean;
  rollback(count: number): void;
  forcedBytes(): Uint8Array;
  forcedTokens(tokenize: (text: Uint8Array) => Uint32Array): Uint32Array;
}

/** The classes of native/engine/engine_binding.cc; absent where the addon was built without llama.cpp's headers. Errors of
 *  llama.cpp or the machine have the code "ENGINE". src/engine/local/native/nativeEngine.ts checks arguments and says what they
 *  mean. */
export interface NativeEngineClasses {
  /** The llama.cpp release that the engine was compiled for. */
  readonly llamaRelease: string;
  /** Loads all of a model but its weights and throws what llama.cpp has against it; its library must be loaded. */
  readonly tryModel: (path: string, backend: string) => void;
  readonly EngineModel: new (path: string, backend: string, gpuLayers: number) => NativeModel;
  readonly BatchLoop: new (
    model: NativeModel,
    settings: NativeJobSettings,
    grammar: NativeGrammar | null,
    counts: Float64Array,
  ) => NativeBatchLoop;
}

/** What a loaded model is. */
export interface ModelFacts {
  /** Largest number of tokens in one sequence that the model was trained for. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly fileBytes: number;
  readonly architecture: string;
  /** The model's own Jinja chat template, `null` where the file has none. */
  readonly chatTemplate: string | null;
  readonly bosText: string | null;
  readonly eosText: string | null;
  /** The model expects its BOS token before everything else. */
  readonly prependsBos: boolean;
}

export interface NativeModel {
  facts(): ModelFacts;
  /** As TokenVocabulary takes them. */
  tokens(): { readonly bytes: Uint8Array; readonly offsets: Uint32Array; readonly endTokens: Uint32Array };
  tokenize(text: string, readsSpecial: boolean): Uint32Array;
  tokenizeBehind(text: string): Uint32Array;
  close(): void;
}

export interface NativeJobSettings extends Sampling {
  readonly slots: number;
  readonly threads: number;
  readonly slotTokens: number;
  readonly batchTokens: number;
  readonly draftTokens: number;
  readonly samplesInGraph: boolean;
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
  readonly logprobs: boolean;
  readonly tokenLogprobs: boolean;
  readonly samplesForced: boolean;
  readonly labels: readonly Uint32Array[];
  readonly fields: readonly {
    readonly isWhole: boolean;
    /** For each member its name as the output may write it, quotes included. */
    readonly path: readonly (readonly string[])[];
    readonly texts: readonly string[];
  }[];
}

export interface NativeBatchLoop {
  readonly hasFreeSlot: boolean;
  readonly isBusy: boolean;
  admit(index: number, tokens: Uint32Array, seed: number): void;
  /** @returns the rows that ended, null for none */
  step(): readonly NativeRowResult[] | null;
  close(): void;
}

export type NativeRowResult =
  | { readonly index: number; readonly error: string }
  | {
      readonly index: number;
      readonly error?: undefined;
      readonly text: string;
      readonly isCut: boolean;
      readonly inputTokens: number;
      readonly sharedTokens: number;
      readonly outputTokens: number;
      readonly logprob: number;
      /** Of the job's labels a single list, else one a field; empty where the output has no such field. */
      readonly labelLogprobs: readonly Float64Array[];
      /** The output's tokens by columns; where asked for. */
      readonly tokenLogprobs?: TokenLogprobs;
    };

export type NativeAddon = NativeCounters & NativeGrammarClasses & Partial<NativeEngineClasses>;

export type AddonState =
  | { readonly native: NativeAddon; readonly path: string; readonly reason: null }
  | { readonly native: null; readonly path: string; readonly reason: string };

// The same distance from src and from dist.
const builtPath = fileURLToPath(new URL("../build/Release/rowmill.node", import.meta.url));
/** Works in a clone and in an installed package. */
const BUILD = `node ${fileURLToPath(new URL("../scripts/buildAddon.mjs", import.meta.url))}`;
const addonPath = process.env.ROWMILL_ADDON ?? builtPath;
let state: AddonState | null = null;

/** The C++ addon, or why it can't be used here. `ROWMILL_NO_ADDON=1` turns it off, `ROWMILL_ADDON` names
 *  another build of it. */
export function loadAddon(): AddonState {
  if (process.env.ROWMILL_NO_ADDON === "1") {
    return { native: null, path: addonPath, reason: "ROWMILL_NO_ADDON=1 is set" };
  }
  state ??= tryLoad();
  return state;
}

function tryLoad(): AddonState {
  try {
    const native: NativeAddon = createRequire(import.meta.url)(addonPath);
    return { native, path: addonPath, reason: null };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    const reason = isMissing ? `${whyNotBuilt()}; build it by \`${BUILD}\`` : messageOf(error).split("\n")[0];
    return { native: null, path: addonPath, reason: reason ?? "it can't be loaded" };
  }
}

/** What the installation has left behind; npm shows nothing of what it says. */
function whyNotBuilt(): string {
  try {
    return readFileSync(new URL("../build/addon.reason", import.meta.url), "utf8").slice(0, 300);
  } catch {
    return "not built";
  }
}

/** Why the addon has no native engine for the llama.cpp that is installed, in a few words; null where it has one. */
export function engineObstacle(): string | null {
  const { native, reason } = loadAddon();
  if (native === null) return `the native addon can't be loaded: ${reason}`;
  if (native.BatchLoop === undefined) return "the native addon was built without the engine: build/addon.log says why";
  const { llamaCppRelease } = installedLlama();
  return llamaCppRelease === "unknown" ? null : releaseObstacle(native.llamaRelease ?? "none", llamaCppRelease);
}

/** Why an engine for one release of llama.cpp can't drive another; null for the same. */
export function releaseObstacle(compiled: string, brought: string): string | null {
  if (compiled === brought) return null;
  return `the native engine was compiled for llama.cpp ${compiled} and node-llama-cpp brings ${brought}: \`${BUILD}\` builds it anew`;
}
