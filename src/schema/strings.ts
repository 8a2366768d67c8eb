import type { Branch } from "./branches.js";
import { buildDfa } from "./derivatives.js";
import { formatExpression } from "./formats.js";
import { type IrNode, ref } from "./ir.js";
import { unsupported } from "./keywords.js";
import { END, type Language, Languages, START } from "./language.js";
import { parsePattern, UnsupportedPattern } from "./pattern.js";
import { languageOf } from "./patternLanguage.js";
import type { KeywordMap, SchemaNode } from "./schemaNode.js";
import { STANDARD_FORMATS } from "./validate.js";

/** Most states of a string's automaton: each becomes a rule. */
const MOST_STATES = 1500;

/** What a schema says of a string. */
export interface StringFacets {
  readonly minLength: number;
  /** Infinity when there is none. */
  readonly maxLength: number;
  /** Regular expressions, with the node and keyword that each comes from. */
  readonly expressions: readonly { readonly source: string; readonly node: SchemaNode; readonly keyword: string }[];
}

export function stringFacets(branch: Branch): StringFacets {
  let minLength = 0;
  let maxLength = Number.POSITIVE_INFINITY;
  const expressions: { source: string; node: SchemaNode; keyword: string }[] = [];
  for (const node of branch.nodes) {
    const keywords = node.schema as KeywordMap;
    minLength = Math.max(minLength, Number(keywords.minLength ?? 0));
    maxLength = Math.min(maxLength, Number(keywords.maxLength ?? Number.POSITIVE_INFINITY));
    if (typeof keywords.pattern === "string") {
      expressions.push({ source: keywords.pattern, node, keyword: "pattern" });
    }
    if (typeof keywords.format !== "string") continue;
    const source = formatExpression(keywords.format);
    if (source !== undefined) expressions.push({ source, node, keyword: "format" });
    else if ((STANDARD_FORMATS as readonly string[]).includes(keywords.format)) {
      throw unsupported("format", node.pointer, `"${keywords.format}" can't be enforced yet`);
    }
  }
  return { minLength, maxLength, expressions };
}

/** The strings that satisfy the facets, as a language over START string END.
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD for an expression that no automaton can follow */
export function languageOfFacets(languages: Languages, facets: StringFacets): Language {
  const parts = facets.expressions.map(({ source, node, keyword }) => {
    try {
      return languageOf(languages, parsePattern(source));
    } catch (error) {
      if (!(error instanceof UnsupportedPattern)) throw error;
      throw unsupported(keyword, node.pointer, `has ${error.message}, which can't be enforced yet`);
    }
  });
  return languages.and(stringsOf(languages, facets.minLength, facets.maxLength), ...parts);
}

export function stringsOf(languages: Languages, minLength = 0, maxLength = Number.POSITIVE_INFINITY): Language {
  return wholeStrings(languages, languages.repeat(languages.anyChar, minLength, maxLength));
}

/** The strings that are, from start to end, in a language without marks. */
export function wholeStrings(languages: Languages, body: Language): Language {
  return languages.cat(languages.class([[START, START]]), languages.cat(body, languages.class([[END, END]])));
}

/** A JSON string that satisfies the facets. */
export function stringNode(facets: StringFacets): IrNode {
  const { minLength, maxLength, expressions } = facets;
  if (expressions.length === 0) {
    if (minLength === 0 && maxLength === Number.POSITIVE_INFINITY) return ref("string");
    const most = Number.isFinite(maxLength) ? maxLength : null;
    return { kind: "string", content: { automaton: null, min: minLength, max: most } };
  }
  const languages = new Languages();
  const node = languageNode(languages, languageOfFacets(languages, facets));
  if (node !== null) return node;
  const { node: at, keyword } = expressions[0]!;
  throw unsupported(keyword, at.pointer, `needs more than ${MOST_STATES} states (with its length limits)`);
}

/** A JSON string of a language; null when its automaton is too large. */
export function languageNode(languages: Languages, language: Language): IrNode | null {
  const automaton = buildDfa(languages, language, MOST_STATES);
  return automaton === null ? null : { kind: "string", content: { automaton, min: 0, max: null } };
}
