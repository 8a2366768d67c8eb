import { OPTION_DEFAULTS } from "../inferTable.js";
import { SAMPLING_DEFAULTS } from "../sampling.js";

/** What a job's record has where nothing was said. */
export const JOB_DEFAULTS = {
  options: { ...OPTION_DEFAULTS, engine: "auto" },
  sampling: SAMPLING_DEFAULTS,
} as const;
