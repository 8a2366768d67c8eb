import { InputError } from "../../errors.js";
import {
  choice,
  choiceOf,
  EMPTY,
  type GrammarIr,
  type IrNode,
  isNever,
  MOST_READINGS,
  NEVER,
  pruned,
  ref,
  text,
  tooWideRule,
} from "../../grammar/index.js";
import type { JsonStyle } from "../../jsonStyle.js";
import { type Dfa, type StringContent, withinLanguageBudget } from "../../language/index.js";
import {
  type Alternative,
  allowStructure,
  atomsOf,
  type Clause,
  Expander,
  type ExpansionLimits,
  isContradictory,
  type KeywordContext,
  keyOf,
  type Literal,
  mentionedNames,
  Satisfiability,
  spendStructure,
  TooMuchWork,
  withinStructureBudget,
} from "../conditions/index.js";
import {
  allowsType,
  isKeywordMap,
  type JsonType,
  kindOf,
  type SchemaDocument,
  type SchemaNode,
  TYPES,
} from "../document/index.js";
import type { Judge } from "../judging/index.js";
import { arrayNode } from "./arrays.js";
import type { Emission, SchemaReading } from "./emission.js";
import { ANY_STRING, punctuationOf, valueRules, WHITE_SPACE } from "./jsonText.js";
import { findLabelFields, type LabelField } from "./labelFields.js";
import { listedNode } from "./listed.js";
import { numberRules } from "./numberGrammar.js";
import { objectNode } from "./objects.js";
import { numberNode, stringNode } from "./scalars.js";

export interface Compilation {
  readonly ir: GrammarIr;
  readonly keys: string[] | null;
  readonly enforced: string[];
  /** Conditions that the grammar does not hold, or not fully: "keyword at pointer". */
  readonly checked: string[];
  /** What is said of formats and keywords that no standard defines. */
  readonly ignored: string[];
  /** See findLabelFields. */
  labelFields(): LabelField[];
}

/** Compiles a schema that the judge has found well-formed. What the grammar can't hold it leaves to the check.
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD, ROWMILL_UNSATISFIABLE_SCHEMA, ROWMILL_INVALID_SCHEMA */
export function compileIr(
  document: SchemaDocument,
  judge: Judge,
  style: JsonStyle,
  reading: SchemaReading,
): Compilation {
  return withinLanguageBudget(LANGUAGE_STEPS, () =>
    withinStructureBudget(EXACT.structure, () => compileWithin(document, judge, style, reading)),
  );
}

function compileWithin(document: SchemaDocument, judge: Judge, style: JsonStyle, reading: SchemaReading): Compilation {
  const compiler = new SchemaCompiler(document, judge, style, reading, EXACT);
  let more = COARSE.structure - EXACT.structure;
  allowStructure(EXACT.structure, () => {
    const steps = compiler.goOn() ? more : 0;
    more -= steps;
    return steps;
  });
  try {
    return compiler.compile();
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
  }
  allowStructure(COARSE.structure);
  try {
    if (compiler.isCoarse) throw new TooMuchWork();
    return new SchemaCompiler(document, judge, style, reading, COARSE).compile();
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    throw new InputError(
      "ROWMILL_INVALID_SCHEMA",
      "The output schema is too large to compile: its parts combine to more alternatives than can be written out.",
    );
  }
}

/** How far to go, how many members of objects to write for all of it, and in how many steps. */
interface Effort extends ExpansionLimits {
  /** What is compiled for the names of other members counts too. */
  readonly members: number;
  readonly structure: number;
}

/** Most named members of objects that a grammar has, less one for so many objects and lists of the document, which take
 *  their time before the first of them is written. */
const MOST_NAMED_MEMBERS = 24_000;
const PARTS_PER_MEMBER = 8;
/** For the automata of both attempts together. */
const LANGUAGE_STEPS = 9_000_000;
const EXACT: Effort = {
  alternatives: 600,
  joins: 4_000,
  followsOpposites: true,
  members: 40_000,
  structure: 5_000_000,
};
/** What takes more than that is written as a superset, and the rest left to the check. */
const COARSE: Effort = {
  alternatives: 60,
  joins: 300_000,
  followsOpposites: false,
  members: 40_000,
  structure: 10_000_000,
};

/** Beside a reference these say nothing. */
const ANNOTATION_ONLY = new Set([
  "$ref",
  "title",
  "description",
  "default",
  "examples",
  "$comment",
  "$defs",
  "definitions",
]);
/** Most edges that the automata of all strings have together: some 40 MB of tables. */
const MOST_EDGES = 3_000_000;
/** What making the grammar of a clause costs, for each of its schemas. */
const STEPS_PER_CLAUSE = 400;
/** Letters of a rule's name that come from its place in the schema. */
const LONGEST_NAME = 40;

class SchemaCompiler implements Emission {
  readonly punctuation;
  readonly reading: SchemaReading;
  readonly #document: SchemaDocument;
  readonly #judge: Judge;
  readonly #expander: Expander;
  readonly #context: KeywordContext;
  readonly #rules = new Map<string, IrNode>();
  readonly #nodes = new Map<string, IrNode>();
  readonly #names = new Set<string>();
  /** Where in the schema a rule's name comes from. */
  readonly #places = new Map<string, string>();
  /** How often a name was given, with numbers behind it. */
  readonly #counts = new Map<string, number>();
  #effort: Effort;
  #membersLeft: number;
  /** For named members. */
  #room: number;
  #hasLargeObjects = false;
  #edgesLeft = MOST_EDGES;
  readonly #counted = new Set<Dfa>();
  readonly #checked = new Set<string>();
  /** Why some schema has no values, for the message. */
  readonly #contradictions: string[] = [];

  constructor(document: SchemaDocument, judge: Judge, style: JsonStyle, reading: SchemaReading, effort: Effort) {
    this.#document = document;
    this.#judge = judge;
    this.reading = reading;
    this.punctuation = punctuationOf(style);
    this.#context = { document, isIntended: reading === "intended", enforced: new Set(), ignored: new Set() };
    const satisfiability = new Satisfiability((clause, type) => this.#expander.clause(clause, type));
    this.#expander = new Expander(this.#context, effort, satisfiability.alternative, () => this.goOn());
    this.#effort = effort;
    this.#membersLeft = effort.members;
    this.#room = MOST_NAMED_MEMBERS - Math.ceil(document.partCount / PARTS_PER_MEMBER);
    const shared = { ...numberRules(reading), ...valueRules(this.punctuation), string: ANY_STRING, space: WHITE_SPACE };
    for (const [name, node] of Object.entries(shared)) this.#rules.set(name, node);
    for (const name of [...this.#rules.keys(), "root"]) this.#names.add(name);
  }

  compile(): Compilation {
    const root: Clause = [{ node: this.#document.root, isNegated: false }];
    this.#rules.set("root", this.nodeOf(root));
    const ir = pruned("root", this.#rules);
    if (ir === null) {
      const why = this.#contradictions[0] ?? "the parts of # exclude each other, or it needs itself without end";
      throw new InputError("ROWMILL_UNSATISFIABLE_SCHEMA", `No value satisfies the output schema: ${why}.`);
    }
    const wide = tooWideRule(ir);
    if (wide !== null) {
      throw tooWide(this.#places.get(wide.split("--")[0]!) ?? "#");
    }
    const { enforced, ignored } = this.#context;
    return {
      ir,
      keys: this.#keysOf(root),
      enforced: [...enforced].sort(),
      checked: [...this.#checked].sort(),
      ignored: [...ignored].sort(),
      labelFields: () => this.#labelFields(root),
    };
  }

  get isCoarse(): boolean {
    return this.#effort === COARSE;
  }

  /** Goes on with less effort where a schema is large and nothing that it forbids was followed yet.
   *  @returns false where the compilation is to begin anew */
  goOn(): boolean {
    if (this.isCoarse) return true;
    if (this.#expander.hasFollowedOpposites) return false;
    this.#membersLeft += COARSE.members - this.#effort.members;
    this.#effort = COARSE;
    this.#expander.limit(COARSE);
    return true;
  }

  #labelFields(root: Clause): LabelField[] {
    const waysOf = (clause: Clause, type: JsonType) => this.#writtenWays(this.#plain(clause), type);
    const keyOfPlain = (clause: Clause) => keyOf(this.#plain(clause));
    const ruleOf = (name: string) => this.#rules.get(name)!;
    return findLabelFields(root, { nodeOf: this.nodeOf, waysOf, ruleOf, keyOf: keyOfPlain });
  }

  #keysOf(root: Clause): string[] | null {
    const keys = new Set<string>();
    for (const type of TYPES) {
      for (const way of this.#writtenWays(this.#plain(root), type)) {
        if (type !== "object") return null;
        const values = atomsOf(way, "values").find(({ isNegated }) => !isNegated)?.values;
        const names = values?.flatMap((value) => Object.keys(value as object)) ?? mentionedNames(way);
        for (const name of names) keys.add(name);
      }
    }
    return keys.size === 0 ? null : [...keys];
  }

  /** Names of rules made here have two dashes in a row, those that are made of a place in the schema never do. */
  readonly addRule = (name: string, make: () => IrNode): IrNode => {
    if (!this.#rules.has(name)) {
      this.#rules.set(name, EMPTY);
      this.#rules.set(name, make());
    }
    return ref(name);
  };

  readonly spend = (members: number): void => {
    this.#membersLeft -= members;
    // an object that there is room for counts in each of its cases
    if (this.#membersLeft >= 0 || (this.goOn() && this.#membersLeft > -2 * MOST_READINGS)) return;
    throw new TooMuchWork();
  };

  /** Whether there is room for the members of an object; where there is none, all that is said of them and of objects
   *  behind it is left to the check.
   *  @throws {InputError} where so many may come next that no engine follows them */
  #hasRoomForMembers(way: Alternative, pointer: string): boolean {
    const names = mentionedNames(way);
    if (names.length > MOST_READINGS) {
      const required = new Set(atomsOf(way, "required").map(({ name }) => name));
      let run = 0;
      for (const name of names) {
        run = required.has(name) ? 0 : run + 1;
        if (run > MOST_READINGS) throw tooWide(pointer);
      }
    }
    if (names.length <= Math.min(this.#room, this.#membersLeft)) {
      this.#room -= names.length;
      return true;
    }
    if (!this.goOn()) throw new TooMuchWork();
    if (!this.#hasLargeObjects) this.leaveToCheck(`properties at ${pointer} and behind it (the schema is too large)`);
    this.#hasLargeObjects = true;
    return false;
  }

  readonly hasRoomFor = ({ automaton }: StringContent): boolean => {
    if (automaton === null || this.#counted.has(automaton)) return true;
    this.#counted.add(automaton);
    this.#edgesLeft -= automaton.edges.length / 3;
    return this.#edgesLeft >= 0;
  };

  readonly leaveToCheck = (what: string): void => {
    this.#checked.add(what);
  };

  readonly waysOf = (clause: Clause, type: JsonType): readonly Alternative[] =>
    this.#expander.clause(this.#plain(clause), type);

  readonly nodeOf = (clause: Clause): IrNode => {
    const literals = this.#plain(clause);
    if (literals.length === 0) return ref("value");
    if (literals.some(({ node, isNegated }) => node.schema === isNegated)) return NEVER;
    // a type alone is the same wherever it stands
    const key = typeAlone(literals) ?? keyOf(literals);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    spendStructure(STEPS_PER_CLAUSE * literals.length);
    const { pointer } = literals[0]!.node;
    const name = this.#freshName(pointer);
    this.#places.set(name, pointer);
    this.#nodes.set(key, ref(name));
    const types = TYPES.filter((type) => literals.every((literal) => isPossible(literal, type)));
    const node = choice(...types.map((type) => this.#typeNode(literals, type, `${name}--${type}`)));
    if (isNever(node)) this.#contradictions.push(contradictionIn(literals));
    this.#rules.set(name, node);
    if (node.kind === "ref" || node.kind === "text" || isNever(node)) this.#nodes.set(key, node);
    return this.#nodes.get(key)!;
  };

  /** A clause without what is always true, each reference replaced by what it leads to, so that both share their rules. */
  #plain(clause: Clause): Clause {
    const [only] = clause;
    if (clause.length === 1 && only !== undefined) {
      const node = this.#behindReference(only.node);
      if (typeof node.schema === "boolean" && node.schema !== only.isNegated) return [];
      return node === only.node ? clause : [{ node, isNegated: only.isNegated }];
    }
    const literals = new Map<string, Literal>();
    for (const { node: said, isNegated } of clause) {
      const node = this.#behindReference(said);
      if (typeof node.schema === "boolean" && node.schema !== isNegated) continue;
      literals.set(`${isNegated}${node.pointer}`, { node, isNegated });
    }
    return [...literals.values()];
  }

  #behindReference(node: SchemaNode): SchemaNode {
    if (typeof node.schema === "boolean" || typeof node.schema.$ref !== "string") return node;
    let at = node;
    for (const met = new Set<SchemaNode>(); !met.has(at); ) {
      met.add(at);
      if (!isKeywordMap(at.schema) || typeof at.schema.$ref !== "string") return at;
      if (Object.keys(at.schema).some((keyword) => !ANNOTATION_ONLY.has(keyword))) return at;
      at = this.#document.resolve(at.schema.$ref, at);
      this.#context.enforced.add("$ref");
    }
    throw new InputError("ROWMILL_INVALID_SCHEMA", `$ref at ${node.pointer} leads round in a circle.`);
  }

  #freshName(pointer: string): string {
    const last = pointer.slice(pointer.lastIndexOf("/") + 1);
    const words = /[^A-Za-z0-9]/.test(last) ? last.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") : last;
    const base = words === "" ? "document" : words.slice(0, LONGEST_NAME).replace(/-$/, "");
    let name = base;
    let count = this.#counts.get(base) ?? 1;
    while (this.#names.has(name)) name = `${base}-${++count}n`;
    if (count > 1) this.#counts.set(base, count);
    this.#names.add(name);
    return name;
  }

  /** The ways that the grammar writes: all, unless the reading takes a missing type from the keywords that are there. */
  #writtenWays(clause: Clause, type: JsonType): readonly Alternative[] {
    const ways = this.#expander.clause(clause, type).filter((way) => !isContradictory(way, type));
    if (this.reading === "full") return ways;
    return ways.filter((way) => {
      const meant = atomsOf(way, "means").map((atom) => atom.type as JsonType);
      return meant.length === 0 || meant.includes(type) || atomsOf(way, "typed").length > 0;
    });
  }

  #typeNode(clause: Clause, type: JsonType, name: string): IrNode {
    if (this.#hasLargeObjects && isOfObjects(clause)) return ref("object");
    const ways = this.#writtenWays(clause, type);
    if (ways.some(isFree)) return freeNode(type);
    const options = ways.map((way, index) => {
      for (const { what } of atomsOf(way, "checked")) this.leaveToCheck(what);
      return this.#wayNode(clause, way, type, index === 0 ? name : `${name}${index + 1}`);
    });
    return choiceOf(options.filter((option) => !isNever(option)));
  }

  #wayNode(clause: Clause, way: Alternative, type: JsonType, name: string): IrNode {
    const listed = listedNode(clause, way, type, this.#judge, name, this);
    if (listed !== null) return listed;
    switch (type) {
      case "string":
        return stringNode(way, this);
      case "number":
        return numberNode(way, this);
      case "array":
        return arrayNode(way, name, this);
      case "object":
        // what hides names may have any of them anywhere
        if (atomsOf(way, "checked").some(({ hidesNames }) => hidesNames)) return ref("object");
        if (!this.#hasRoomForMembers(way, clause[0]!.node.pointer)) return ref("object");
        return objectNode(way, name, this);
      default:
        return NEVER;
    }
  }
}

/** Keywords that a message names. */
const MOST_NAMED = 8;

function contradictionIn(literals: readonly Literal[]): string {
  const { pointer, schema } = literals[0]!.node;
  const keywords = isKeywordMap(schema) ? Object.keys(schema).filter((one) => one === "const" || kindOf(one)) : [];
  const other = literals[1]?.node.pointer;
  if (keywords.length === 0 && other === undefined) return `${pointer} allows none`;
  const named = keywords.length > MOST_NAMED ? [...keywords.slice(0, MOST_NAMED), "…"] : keywords;
  const demands = [...named.map((one, at) => (at === 0 ? `its ${one}` : one)), ...(other === undefined ? [] : [other])];
  const last = demands.pop() as string;
  return `at ${pointer} none satisfies ${demands.length === 0 ? last : `${demands.join(", ")} and ${last} at once`}`;
}

function tooWide(place: string): InputError {
  return new InputError(
    "ROWMILL_INVALID_SCHEMA",
    `The output schema is too wide at ${place}: more than ${MOST_READINGS} members or alternatives may come next there.`,
  );
}

function isPossible({ node: { schema }, isNegated }: Literal, type: JsonType): boolean {
  return isNegated || typeof schema === "boolean" || allowsType(schema, type);
}

const SAYS_A_TYPE = new Set(["type", "title", "description", "default", "examples", "$comment"]);

/** A name for a schema that says its type and no more; null for others. */
function typeAlone(clause: Clause): string | null {
  const [only] = clause;
  if (clause.length !== 1 || only === undefined || only.isNegated || !isKeywordMap(only.node.schema)) return null;
  const { schema } = only.node;
  const { type } = schema;
  if (type === undefined) return null;
  for (const keyword of Object.keys(schema)) if (!SAYS_A_TYPE.has(keyword)) return null;
  return typeof type === "string" ? `type ${type}` : `type ${JSON.stringify(type)}`;
}

/** Whether a clause is of objects only, and not of listed ones. */
function isOfObjects(clause: Clause): boolean {
  return clause.some(
    ({ node: { schema }, isNegated }) =>
      !isNegated &&
      isKeywordMap(schema) &&
      schema.type === "object" &&
      schema.enum === undefined &&
      schema.const === undefined,
  );
}

function isFree(way: Alternative): boolean {
  return way.every(({ kind }) => kind === "typed" || kind === "means" || kind === "side");
}

function freeNode(type: JsonType): IrNode {
  if (type === "null") return text("null");
  return type === "boolean" ? choice(text("true"), text("false")) : ref(type);
}
