import { InputError } from "../errors.js";
import {
  choicesGrammar,
  emitGbnf,
  emitTables,
  type GrammarIr,
  longestOutput,
  MOST_READINGS,
  matchesGrammar,
  readGbnf,
  regexGrammar,
  tooWideRule,
} from "../grammar/index.js";
import type { JsonStyle } from "../jsonStyle.js";
import { compileSchema, type LabelField, type UnpackedColumn, unpackedColumns } from "../schema/index.js";
import type { OutputForm } from "./form.js";

/** A form made ready: what is enforced while generating, and what judges the output. */
export interface CompiledOutput {
  readonly grammar: OutputGrammar;
  /** The schema as plain JSON, to be stored; null for the other forms. */
  readonly jsonSchema: unknown;
  /** The columns that an output unpacks to, where every one is an object; else null. */
  readonly unpackedColumns: readonly UnpackedColumn[] | null;
  /** What only the check after generation holds. */
  readonly checked: readonly string[];
  /** What the schema says and nothing here does. */
  readonly ignored: readonly string[];
  /** What is to be told of the schema as a whole. */
  readonly notes: readonly string[];
  /** The scalars of an output that are one of a few each; none where the form is a grammar or an expression. */
  labelFields(): OutputField[];
  /** null when the text is what was asked for.
   *  @param isComplete the model ended it, where the grammar lets it: nothing cut it short */
  problemOf(text: string, isComplete: boolean): OutputProblem | null;
}

export interface OutputField extends LabelField {
  /** The output is one of the labels' texts and nothing else, not JSON. */
  readonly isWhole: boolean;
}

export interface OutputProblem {
  /** What is wrong, in one line. */
  readonly reason: string;
  /** The text may be the beginning of a right one. */
  readonly isUnfinished: boolean;
}

/** A grammar in the forms that engines take, each made at first use. */
export class OutputGrammar {
  readonly #ir: GrammarIr;
  #gbnf: string | null = null;
  #tables: Uint32Array | null = null;

  constructor(ir: GrammarIr) {
    this.#ir = ir;
  }

  /** GBNF text, root rule `root`. */
  get gbnf(): string {
    this.#gbnf ??= emitGbnf(this.#ir);
    return this.#gbnf;
  }

  /** As the native automaton reads it. */
  get tables(): Uint32Array {
    this.#tables ??= emitTables(this.#ir);
    return this.#tables;
  }

  /** Bytes of the longest output, null when there is no longest. */
  get longestBytes(): number | null {
    return longestOutput(this.#ir);
  }
}

/** @throws {InputError} for whatever is wrong with the schema, grammar or expression, in one line */
export function compileOutput(form: OutputForm): CompiledOutput {
  switch (form.kind) {
    case "schema":
      return schemaOutput(form.schema, form.style);
    case "grammar": {
      const ir = notTooWide(readGbnf(form.gbnf), "ROWMILL_INVALID_GRAMMAR", "grammar");
      // reading it again costs 5 µs a character, so it is done where it can tell something new
      const isValid = (text: string, isComplete: boolean) => isComplete || matchesGrammar(ir, text);
      return textOutput(ir, "the output does not fit the grammar", isValid);
    }
    case "regex": {
      const ir = notTooWide(regexGrammar(form.source), "ROWMILL_UNSUPPORTED_REGEX", "regular expression");
      // not by the runtime's RegExp, which takes time without end for some texts and expressions
      return textOutput(ir, "the output does not match the regular expression", (text) => matchesGrammar(ir, text));
    }
    case "choices": {
      const known = new Set(form.choices);
      const labels = form.choices.map((choice) => ({ name: choice, texts: [choice] }));
      return {
        ...textOutput(
          notTooWide(choicesGrammar(form.choices), "ROWMILL_BAD_OPTION", "list of choices"),
          "the output is none of the choices",
          (text) => known.has(text),
        ),
        labelFields: () => [{ isWhole: true, path: [], pathTexts: [], labels }],
      };
    }
  }
}

/** @throws {InputError} where more may come next than engines follow: better now than when the job runs */
function notTooWide(ir: GrammarIr, code: string, what: string): GrammarIr {
  const rule = tooWideRule(ir);
  if (rule === null) return ir;
  const place = what === "grammar" ? ` at rule ${rule}` : "";
  throw new InputError(
    code,
    `The output's ${what} is too wide${place}: more than ${MOST_READINGS} pieces of text may come next there.`,
  );
}

function textOutput(
  ir: GrammarIr,
  reason: string,
  isValid: (text: string, isComplete: boolean) => boolean,
): CompiledOutput {
  return {
    grammar: new OutputGrammar(ir),
    jsonSchema: null,
    unpackedColumns: null,
    checked: [],
    ignored: [],
    notes: [],
    labelFields: () => [],
    problemOf: (text, isComplete) => (isValid(text, isComplete) ? null : { reason, isUnfinished: true }),
  };
}

function schemaOutput(schema: unknown, style: JsonStyle): CompiledOutput {
  const { ir, jsonSchema, keys, checked, ignored, notes, labelFields, validateText } = compileSchema(schema, { style });
  return {
    grammar: new OutputGrammar(ir),
    jsonSchema,
    unpackedColumns: keys === null ? null : unpackedColumns(jsonSchema, keys),
    checked,
    ignored,
    notes,
    labelFields: () => labelFields().map((field) => ({ ...field, isWhole: false })),
    problemOf(text) {
      let problem: string | null;
      try {
        problem = validateText(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        return { reason: "the output is not JSON", isUnfinished: true };
      }
      return problem === null
        ? null
        : { reason: `the output does not fit the schema: ${problem}`, isUnfinished: false };
    },
  };
}
