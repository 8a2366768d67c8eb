import type { JsonStyle } from "../jsonStyle.js";

/** What a job's outputs must be, where they are not free text. */
export type OutputForm =
  | { readonly kind: "schema"; readonly schema: unknown; readonly style: JsonStyle }
  | { readonly kind: "grammar"; readonly gbnf: string }
  | { readonly kind: "regex"; readonly source: string }
  | { readonly kind: "choices"; readonly choices: readonly string[] };

/** The options that say it, as a job's record holds them: at most one of the first four is not null. */
export interface OutputOptions {
  readonly outputSchema: unknown;
  readonly outputGrammar: string | null;
  readonly outputRegex: string | null;
  readonly outputChoices: readonly string[] | null;
  readonly outputStyle: JsonStyle;
}

/** @returns null for free text */
export function outputFormOf(options: OutputOptions): OutputForm | null {
  if (options.outputSchema !== null)
    return { kind: "schema", schema: options.outputSchema, style: options.outputStyle };
  if (options.outputGrammar !== null) return { kind: "grammar", gbnf: options.outputGrammar };
  if (options.outputRegex !== null) return { kind: "regex", source: options.outputRegex };
  return options.outputChoices === null ? null : { kind: "choices", choices: options.outputChoices };
}
