/** The engines that a job may ask for. "auto" stands for the fastest that is there and can run its model. */
export const ENGINES = ["auto", "native", "node-llama-cpp", "http"] as const;
export type EngineName = (typeof ENGINES)[number];

/** Those that run a model's file. */
export type LocalEngineName = Exclude<EngineName, "auto" | "http">;
