export type { CounterHandle, CounterLane, CounterPage, PageShape } from "./counters.js";
export type { CountName, Counts } from "./counts.js";
export { formatProgress, formatProgressLine } from "./formatProgress.js";
export { attachCounters, openCounters, openCountersInMemory, openLane } from "./openCounters.js";
export type { Progress } from "./progress.js";
export { ProgressEmitter, type ProgressFeed, type WatchedJob } from "./progressEmitter.js";
export { PullLine } from "./pullLine.js";
export { ReadingLine } from "./readingLine.js";
export { PROGRESS_MODES, type ProgressMode, type ShowProgressOptions, showProgress } from "./showProgress.js";
