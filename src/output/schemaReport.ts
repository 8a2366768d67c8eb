import { InputError } from "../errors.js";
import { longestOutput } from "../grammar/index.js";
import type { JsonStyle } from "../jsonStyle.js";
import { compileSchema, keywordPlaces, unusedAnnotations } from "../schema/index.js";
import type { SchemaInPrompt } from "../schemaInPrompt.js";

/** What becomes of a schema. */
export interface SchemaReport {
  /** Why no value can be valid, in one line; null for a schema that can be satisfied. All else is then empty. */
  readonly contradiction: string | null;
  /** What the model can't break while it writes, each with its place: "enum at #/properties/label". */
  readonly enforced: readonly string[];
  /** What no grammar holds, or not fully, and is checked when the output is there; each with its place. */
  readonly checked: readonly string[];
  /** What the schema says and nothing here does. */
  readonly ignored: readonly string[];
  /** Annotations that nothing uses, each with its place: the model reads them by `schemaInPrompt`, if at all. */
  readonly unused: readonly string[];
  /** What is to be told of the schema as a whole: that it was taken out of a wrapper, that it constrains nothing. */
  readonly notes: readonly string[];
  /** Rules of the grammar. */
  readonly rules: number;
  /** Bytes of the longest output, null when there is no longest. */
  readonly longestBytes: number | null;
}

const NOTHING = { enforced: [], checked: [], ignored: [], unused: [], notes: [], rules: 0, longestBytes: 0 };

/** @throws {InputError} as compileSchema, but for a schema that nothing satisfies */
export function reportSchema(schema: unknown, style: JsonStyle, inPrompt: SchemaInPrompt): SchemaReport {
  if (schema === undefined) throw new InputError("ROWMILL_INVALID_SCHEMA", "The output schema is undefined: give one.");
  try {
    const { ir, jsonSchema, enforced: keywords, checked, ignored, notes } = compileSchema(schema, { style });
    const enforced = keywordPlaces(jsonSchema, new Set(keywords)).filter(
      (place) => !checked.some((one) => one === place || one.startsWith(`${place} (`)),
    );
    const unused = keywordPlaces(jsonSchema, unusedAnnotations(inPrompt));
    const rules = Object.keys(ir.rules).length;
    return { contradiction: null, enforced, checked, ignored, unused, notes, rules, longestBytes: longestOutput(ir) };
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== "ROWMILL_UNSATISFIABLE_SCHEMA") throw error;
    return { ...NOTHING, contradiction: error.message };
  }
}
