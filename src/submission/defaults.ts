import type { JsonStyle } from "../jsonStyle.js";
import { SAMPLING_DEFAULTS } from "../sampling.js";
import type { SchemaInPrompt } from "../schema/index.js";

/** What `infer` takes where nothing is said, but for what depends on the data, the model or another option. */
export const INFER_DEFAULTS = {
  columnOrder: "given",
  outputColumn: "inference_result",
  outputStyle: "spaced" as JsonStyle,
  /** `npm run bench:schema-in-prompt` measures the modes. */
  schemaInPrompt: "descriptions" as SchemaInPrompt,
  schemaRetries: 2,
  maxFailed: null,
  truncateRows: true,
  engine: "auto",
  slots: 0,
  threads: 0,
  workers: 0,
} as const;

/** All of them, as a job's record has them. */
export const JOB_DEFAULTS = { options: INFER_DEFAULTS, sampling: SAMPLING_DEFAULTS } as const;
