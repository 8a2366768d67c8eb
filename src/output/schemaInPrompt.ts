import type { SchemaInPrompt } from "../schema/index.js";

/** What a job's model reads of its schema where the job says nothing: `npm run bench:schema-in-prompt` measures the modes. */
export const DEFAULT_SCHEMA_IN_PROMPT: SchemaInPrompt = "descriptions";
