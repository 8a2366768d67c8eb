import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { messageOf } from "../errors.js";

/** rows done, rows failed, input tokens, output tokens: how counts cross the line to C++. */
export type CountList = [rowsDone: number, rowsFailed: number, inputTokens: number, outputTokens: number];

/** The classes of native/counters/counters_binding.cc. Arguments are checked on this side. */
export interface NativeCounters {
  readonly CounterPage: {
    new (path: string): NativePage;
    new (path: string, workers: number, rowsTotal: number, startedAtMs: number, ...base: CountList): NativePage;
  };
  readonly CounterLane: new (path: string, worker: number) => NativeLane;
  readonly CounterWatch: new (path: string, intervalMs: number, listener: NativeListener) => NativeWatch;
}
export type NativeListener = (error: string | null, ...counts: CountList) => void;

export interface NativePage {
  readonly workers: number;
  readonly rowsTotal: number;
  read(): CountList;
  close(): void;
}

export interface NativeLane {
  addRowsDone(count: number): void;
  addRowsFailed(count: number): void;
  addInputTokens(count: number): void;
  addOutputTokens(count: number): void;
}

export interface NativeWatch {
  close(): void;
}

export type AddonState =
  | { readonly counters: NativeCounters; readonly path: string; readonly reason: null }
  | { readonly counters: null; readonly path: string; readonly reason: string };

// The same distance from src/progress and from dist/progress.
const addonPath = fileURLToPath(new URL("../../build/Release/rowmill.node", import.meta.url));
let state: AddonState | null = null;

/** The C++ addon, or why it can't be used here. `ROWMILL_NO_ADDON=1` turns it off. */
export function loadAddon(): AddonState {
  if (process.env.ROWMILL_NO_ADDON === "1") {
    return { counters: null, path: addonPath, reason: "ROWMILL_NO_ADDON=1 is set" };
  }
  state ??= tryLoad();
  return state;
}

function tryLoad(): AddonState {
  try {
    const counters: NativeCounters = createRequire(import.meta.url)(addonPath);
    return { counters, path: addonPath, reason: null };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    const reason = isMissing ? "not built: `npm run build:addon` says why" : messageOf(error).split("\n")[0];
    return { counters: null, path: addonPath, reason: reason ?? "it can't be loaded" };
  }
}
