import { type Branch, candidatesOf, typesOf } from "./branches.js";
import { choice, type IrNode, NEVER, ref, text } from "./ir.js";
import { checkKeywords, type KeywordLedger, unsupported } from "./keywords.js";
import { Languages } from "./language.js";
import type { AddRule } from "./numbers.js";
import type { KeywordMap } from "./schemaNode.js";
import { languageNode, languageOfFacets, stringFacets, stringsOf, wholeStrings } from "./strings.js";

/** What decides the name of a property that a schema does not name itself. */
export interface NameRules {
  /** What `propertyNames` allows. */
  readonly branches: readonly Branch[];
  /** Names that are spoken for. */
  readonly taken: ReadonlySet<string>;
  readonly isValid: (branch: Branch, name: unknown) => boolean;
  readonly ledger: KeywordLedger;
  readonly pointer: string;
}

/** A JSON string that is such a name, in any spelling. */
export function nameNode(rules: NameRules, name: string, addRule: AddRule): IrNode {
  const { branches, taken, isValid } = rules;
  if (taken.size === 0 && branches.some(allowsAnyString)) return ref("string");
  const options = branches.map((branch) => {
    const listed = candidatesOf(branch);
    if (listed !== null) {
      const free = listed.filter((one) => typeof one === "string" && !taken.has(one) && isValid(branch, one));
      return choice(...free.map((one) => text(JSON.stringify(one))));
    }
    if (!typesOf(branch).has("string")) return NEVER;
    for (const node of branch.nodes) checkKeywords(node, new Set(["string"]), rules.ledger);
    const languages = new Languages();
    const named = languages.alt(...[...taken].map((one) => languages.text(one)));
    const language = languages.and(
      languageOfFacets(languages, stringFacets(branch)),
      languages.not(wholeStrings(languages, named)),
      stringsOf(languages),
    );
    const node = languageNode(languages, language);
    if (node === null) throw unsupported("propertyNames", rules.pointer, "needs too many states");
    return node;
  });
  return addRule(name, () => choice(...options));
}

function allowsAnyString(branch: Branch): boolean {
  return branch.nodes.every(({ schema }) =>
    Object.entries(schema as KeywordMap).every(([keyword, value]) => keyword === "type" && value === "string"),
  );
}
