/** A Standard Schema (https://standardschema.dev) as far as it says what it takes: zod's, and others' that give their JSON
 *  Schema. */
export interface StandardSchemaLike<Input = unknown> {
  readonly "~standard": { readonly types?: { readonly input: Input } | undefined };
}

/** What outputs under a schema are, once they are unpacked: what the schema's `parse` takes. `unknown` for a JSON Schema.
 *  Integers beyond 2^53 are their digits, a string, whatever the type says. */
export type OutputOf<Schema> = Schema extends StandardSchemaLike<infer Input> ? Input : unknown;

/** A row of a table with an output's keys as columns: null in a row that failed, and the table's own columns beside them. */
export type UnpackedRow<Output> = { [Key in keyof Output]: Output[Key] | null } & Record<string, unknown>;

declare const ROW: unique symbol;

/** A job's id that knows, in TypeScript alone, what a row of its results is with `unpackJson`. At run time a string. */
export type JobId<Row> = string & { readonly [ROW]: Row };

/** Data whose results are bare outputs, and data whose results are rows. A path may be either. */
export type Texts = readonly (string | null)[] | AsyncIterable<string | null>;
export type Rows = readonly object[] | AsyncIterable<object>;

/** A job whose results TypeScript knows: one model, and nothing beside the output. */
export interface TypedInfer<Schema> {
  outputSchema: Schema;
  model?: string;
  dryRun?: false;
  confidence?: false;
}

/** Results that are the unpacked outputs and, of a table, its columns. */
export interface PlainUnpacked {
  unpackJson: true;
  format?: "array";
  includeInputs?: false;
  includeCumulativeLogprobs?: false;
  includeTokenLogprobs?: false;
  includeFinishReason?: false;
}
