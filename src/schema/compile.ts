import { InputError } from "../errors.js";
import { arrayFacets, arrayNode } from "./arrays.js";
import { type Branch, branchesOf, candidatesOf, type JsonType, typesOf } from "./branches.js";
import { areDisjoint } from "./disjoint.js";
import { formatExpression } from "./formats.js";
import { choice, EMPTY, type GrammarIr, type IrNode, isNever, NEVER, ref, seq, text } from "./ir.js";
import { type JsonStyle, literal, punctuationOf, STRING_RULES, valueRules, WHITE_SPACE } from "./jsonText.js";
import { annotation, checkKeywords, type KeywordLedger, unsupported } from "./keywords.js";
import { isListedScalar } from "./listedValues.js";
import { pruned } from "./measure.js";
import { numberFacets } from "./numberFacets.js";
import { boundBeyondExact, NUMBER_RULES, numberNode } from "./numbers.js";
import { type Member, type ObjectFacets, objectFacets, objectNode } from "./objects.js";
import { type NameRules, nameNode } from "./propertyNames.js";
import { type Conjunction, isKeywordMap, type KeywordMap, openDocument, type SchemaNode } from "./schemaNode.js";
import { stringFacets, stringNode } from "./strings.js";
import type { Judge } from "./validate.js";

/** How to read what a schema leaves unsaid. `intended`: an object that lists properties has no others, and a schema with
 *  properties or items but no type means objects or arrays. `full`: as the specification has it, anything goes,
 *  and a keyword that no standard knows is an annotation. */
export type SchemaReading = "intended" | "full";

export interface Compilation {
  readonly ir: GrammarIr;
  readonly keys: string[] | null;
  readonly enforced: string[];
  /** What is said of formats and keywords that no standard defines. */
  readonly ignored: string[];
}

const ANNOTATION_ONLY = new Set(["$ref", "title", "description", "default", "examples", "$comment"]);

/** Compiles a schema that the judge has found well-formed.
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD, ROWMILL_UNSATISFIABLE_SCHEMA, ROWMILL_INVALID_SCHEMA */
export function compileIr(
  schema: boolean | KeywordMap,
  judge: Judge,
  style: JsonStyle,
  reading: SchemaReading,
): Compilation {
  const compiler = new SchemaCompiler(schema, judge, style, reading);
  return compiler.compile();
}

class SchemaCompiler {
  readonly #document;
  readonly #judge: Judge;
  readonly #punctuation;
  readonly #isIntended: boolean;
  readonly #rules = new Map<string, IrNode>();
  readonly #nodes = new Map<string, IrNode>();
  readonly #names = new Set<string>();
  readonly #enforced = new Set<string>();
  readonly #ignored = new Set<string>();
  /** Why some schema has no values, for the message. */
  readonly #contradictions: string[] = [];

  constructor(schema: boolean | KeywordMap, judge: Judge, style: JsonStyle, reading: SchemaReading) {
    this.#document = openDocument(schema);
    this.#judge = judge;
    this.#punctuation = punctuationOf(style);
    this.#isIntended = reading === "intended";
    const shared = { ...STRING_RULES, ...NUMBER_RULES, ...valueRules(this.#punctuation), space: WHITE_SPACE };
    for (const [name, node] of Object.entries(shared)) this.#rules.set(name, node);
    for (const name of [...this.#rules.keys(), "root"]) this.#names.add(name);
  }

  compile(): Compilation {
    const { root } = this.#document;
    const node = this.#nodeOf([root]);
    this.#rules.set("root", node);
    const ir = pruned({ root: "root", rules: Object.fromEntries(this.#rules) });
    if (ir === null) {
      const why = this.#contradictions[0] ?? "its parts exclude each other, or it needs itself without end";
      throw new InputError("ROWMILL_UNSATISFIABLE_SCHEMA", `No value satisfies the output schema: ${why}.`);
    }
    return { ir, keys: this.#keysOf(root), enforced: [...this.#enforced].sort(), ignored: [...this.#ignored].sort() };
  }

  #keysOf(root: SchemaNode): string[] | null {
    const keys = new Set<string>();
    for (const branch of this.#branchesOf([root])) {
      const values = candidatesOf(branch);
      const types = this.#writtenTypes(branch);
      if (values === null && (types.size !== 1 || !types.has("object"))) return null;
      if (values?.some((value) => !isKeywordMap(value))) return null;
      const names = values?.flatMap((value) => Object.keys(value as KeywordMap)) ?? [
        ...objectFacets(branch, this.#isIntended).properties.keys(),
      ];
      for (const name of names) keys.add(name);
    }
    return keys.size === 0 ? null : [...keys];
  }

  readonly #addRule = (name: string, make: () => IrNode): IrNode => {
    if (!this.#rules.has(name)) {
      this.#rules.set(name, EMPTY);
      this.#rules.set(name, make());
    }
    return ref(name);
  };

  readonly #nodeOf = (schemas: Conjunction): IrNode => {
    const targets = schemas.map((node) => this.#behindReference(node)).filter(({ schema }) => schema !== true);
    if (targets.length === 0) return ref("value");
    const key = JSON.stringify([...new Set(targets.map(({ pointer }) => pointer))].sort());
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const name = this.#freshName(targets[0]!.pointer);
    this.#nodes.set(key, ref(name));
    const branches = this.#branchesOf(targets);
    const node = choice(
      ...branches.map((branch, index) => this.#branchNode(branch, index === 0 ? name : `${name}-${index + 1}`)),
    );
    this.#rules.set(name, node);
    if (node.kind === "ref" || node.kind === "text") this.#nodes.set(key, node);
    return this.#nodes.get(key)!;
  };

  /** Where a schema that is nothing but a reference leads, so that both share their rules. */
  #behindReference(node: SchemaNode): SchemaNode {
    let at = node;
    for (let hops = 0; hops < 50; hops++) {
      if (!isKeywordMap(at.schema) || typeof at.schema.$ref !== "string") return at;
      if (Object.keys(at.schema).some((keyword) => !ANNOTATION_ONLY.has(keyword))) return at;
      at = this.#document.resolve(at.schema.$ref, at);
      this.#enforced.add("$ref");
    }
    throw new InputError("ROWMILL_INVALID_SCHEMA", `$ref at ${node.pointer} leads round in a circle.`);
  }

  #freshName(pointer: string): string {
    const words = pointer.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
    const base = words === "" ? "document" : words.slice(-40).replace(/^-/, "");
    let name = base;
    for (let count = 2; this.#names.has(name); count++) name = `${base}-${count}n`;
    this.#names.add(name);
    return name;
  }

  readonly #branchesOf = (schemas: Conjunction): readonly Branch[] =>
    branchesOf(schemas, this.#document, (options, node) => this.#assertDisjoint(options, node));

  /** The types that the grammar writes for a branch: all that it leaves, unless the reading takes a missing type from the
   *  keywords that are there. */
  readonly #writtenTypes = (branch: Branch): ReadonlySet<JsonType> => {
    const types = typesOf(branch);
    const says = (keyword: string) => branch.nodes.some(({ schema }) => Object.hasOwn(schema as KeywordMap, keyword));
    if (!this.#isIntended || says("type")) return types;
    if (says("properties")) return new Set(["object"]);
    return says("items") || says("prefixItems") ? new Set(["array"]) : types;
  };

  readonly #isValid = ({ nodes }: Branch, value: unknown): boolean =>
    nodes.every(
      (node) => isListedScalar(node.schema as KeywordMap, value) ?? this.#judge.isValidAt(node.pointer, value),
    );

  #assertDisjoint(options: readonly (readonly Branch[])[], node: SchemaNode): void {
    const context = {
      branchesOf: this.#branchesOf,
      isValid: this.#isValid,
      writtenTypes: this.#writtenTypes,
    };
    // what stands beside oneOf holds for each option, but must not be asked whether oneOf itself holds
    const { oneOf: _, ...beside } = node.schema as KeywordMap;
    const within = (branch: Branch): Branch => ({ nodes: [{ ...node, schema: beside }, ...branch.nodes] });
    options.forEach((option, index) => {
      for (const other of options.slice(index + 1)) {
        const overlap = option.some((a) =>
          other.some((b) => {
            // values that are listed on both sides are judged one by one, oneOf included
            if (candidatesOf(within(a)) !== null && candidatesOf(within(b)) !== null) return false;
            const isListed = candidatesOf(a) !== null || candidatesOf(b) !== null;
            return !(isListed ? areDisjoint(a, b, context) : areDisjoint(within(a), within(b), context));
          }),
        );
        if (!overlap) continue;
        const places = `${index} and ${options.indexOf(other)}`;
        throw unsupported("oneOf", node.pointer, `has alternatives (${places}) that one value might satisfy together`);
      }
    });
  }

  #branchNode(branch: Branch, name: string): IrNode {
    const at = branch.nodes[0]?.pointer ?? "#";
    const values = candidatesOf(branch);
    if (values !== null) {
      const valid = values.filter((value) => this.#isValid(branch, value));
      if (valid.length === 0) this.#contradictions.push(`none of the listed values at ${at} is allowed there`);
      for (const keyword of ["enum", "const"]) {
        if (branch.nodes.some(({ schema }) => Object.hasOwn(schema as KeywordMap, keyword)))
          this.#enforced.add(keyword);
      }
      return choice(...valid.map((value) => literal(value, this.#punctuation)));
    }
    const types = this.#writtenTypes(branch);
    for (const node of branch.nodes) {
      checkKeywords(node, types, this.#ledger());
      this.#noteFormat(node);
    }
    const options = [...types].map((type) => {
      const node = this.#typeNode(type, branch, types.size === 1 ? name : `${name}-${type}`);
      if (isNever(node)) this.#contradictions.push(`what ${at} says of a value of type ${type} excludes itself`);
      return node;
    });
    return choice(...options);
  }

  #ledger(): KeywordLedger {
    return { enforced: this.#enforced, ignored: this.#isIntended ? null : this.#ignored };
  }

  #noteFormat({ schema }: SchemaNode): void {
    const { format } = schema as KeywordMap;
    if (typeof format === "string" && formatExpression(format) === undefined)
      this.#ignored.add(annotation("format", format));
  }

  #typeNode(type: JsonType, branch: Branch, name: string): IrNode {
    switch (type) {
      case "null":
        return text("null");
      case "boolean":
        return choice(text("true"), text("false"));
      case "number":
        return this.#numberNode(branch);
      case "string":
        return stringNode(stringFacets(branch), name, this.#addRule);
      case "array":
        return arrayNode(arrayFacets(branch), this.#punctuation, this.#nodeOf);
      case "object":
        return this.#objectNode(objectFacets(branch, this.#isIntended), name);
    }
  }

  #numberNode(branch: Branch): IrNode {
    const facets = numberFacets(branch);
    const isUnbound = facets.low === Number.NEGATIVE_INFINITY && facets.high === Number.POSITIVE_INFINITY;
    if (isUnbound && facets.multiples.length === 0) return ref(facets.isInteger ? "integer" : "number");
    const beyond = boundBeyondExact(facets);
    if (beyond !== null) throw this.#unsupportedBound(branch, beyond);
    const node = numberNode(facets, this.#addRule);
    if (node !== null) return node;
    const at = branch.nodes.find(({ schema }) => Object.hasOwn(schema as KeywordMap, "multipleOf"))!;
    throw unsupported("multipleOf", at.pointer, "can't be enforced exactly with this number and these bounds");
  }

  #unsupportedBound(branch: Branch, bound: number): InputError {
    for (const { schema, pointer } of branch.nodes) {
      for (const keyword of ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"]) {
        if ((schema as KeywordMap)[keyword] !== bound) continue;
        return unsupported(keyword, pointer, "leaves only numbers beyond 2^53 - 1, which JSON does not carry exactly");
      }
    }
    throw new Error(`no schema sets the bound ${bound}`);
  }

  #objectNode(facets: ObjectFacets, name: string): IrNode {
    const { colon } = this.#punctuation;
    const members: Member[] = [];
    for (const [key, schemas] of facets.properties) {
      const isRequired = facets.required.has(key);
      const isAllowed = facets.names.every((node) => this.#judge.isValidAt(node.pointer, key));
      const value = isAllowed ? this.#nodeOf(schemas) : NEVER;
      if (!isNever(value)) members.push({ isRequired, node: seq(text(JSON.stringify(key)), colon, value) });
      else if (isRequired) {
        this.#contradictions.push(`the required property "${key}" is not allowed any value`);
        return NEVER;
      }
    }
    const other = facets.additional === null ? NEVER : this.#otherMember(facets, facets.additional, name);
    return objectNode(members, other, this.#punctuation, name, this.#addRule);
  }

  /** Key, colon and value of a property that is not named. */
  #otherMember(facets: ObjectFacets, additional: Conjunction, name: string): IrNode {
    const { colon } = this.#punctuation;
    const value = this.#nodeOf(additional);
    if (isNever(value)) return NEVER;
    const rules: NameRules = {
      branches: this.#branchesOf(facets.names),
      taken: new Set(facets.properties.keys()),
      isValid: this.#isValid,
      ledger: this.#ledger(),
      pointer: facets.names[0]?.pointer ?? "#",
    };
    return seq(nameNode(rules, `${name}-key`, this.#addRule), colon, value);
  }
}
