/** The engines that a job may ask for. "auto" stands for the fastest that is there. */
export const ENGINES = ["auto", "native", "node-llama-cpp"] as const;
export type EngineName = (typeof ENGINES)[number];
