import type { Ajv, ErrorObject, ValidateFunction } from "ajv";
import { regularExpression } from "../../language/index.js";
import {
  childOf,
  isKeywordMap,
  type KeywordMap,
  kindOf,
  PLACE_NAMES,
  type SchemaDocument,
  type SchemaNode,
  saysNoMoreThan,
  stepPointer,
} from "../document/index.js";

/** Most keywords that Ajv compiles into one function: its code nests with each of them, and overflows the stack in the end. */
const MOST_KEYWORDS = 400;
/** Most schemas of one keyword in such a function. */
const MOST_IN_ONE = 100;
/** The keyword by which a part leads to others. No schema of a user's has it: what no standard defines is left out. */
const CHECKS = "$rowmill:checks";
/** null: valid; else the error that says it best. */
type Problem = ErrorObject | null;
type Check = (value: unknown, path: string) => Problem;

interface Compiled {
  readonly validate: ValidateFunction;
  /** Whether it leads to no other part: then it costs no more than its size. */
  readonly isLeaf: boolean;
}

/** What a part has found of the values of this check so far, and where; undefined while it is being found. */
type Known = Map<unknown, { readonly problem: Problem; readonly path: string } | undefined>;

/** The value leads a schema back to itself. */
export class EndlessReference extends Error {}

/** A schema for Ajv in parts: one function for what is small, others for what references lead to and what would be too much
 *  for one. In each check a part judges a value once, so that references that lead to the same by many ways cost no more than
 *  schema times value. Not for schemas that ask what others have evaluated. */
export class JudgedParts {
  readonly #document: SchemaDocument;
  readonly #ajv: Ajv;
  readonly #ready: (schema: unknown) => unknown;
  /** By their pointers. */
  readonly #parts = new Map<string, Check>();
  readonly #checks: Check[] = [];
  /** What parts know of the value that is being checked. */
  readonly #used = new Set<Known>();

  /** @param ready  makes a schema ready for Ajv: its numbers */
  constructor(document: SchemaDocument, ajv: Ajv, ready: (schema: unknown) => unknown) {
    this.#document = document;
    this.#ajv = ajv;
    this.#ready = ready;
    ajv.addKeyword({
      keyword: CHECKS,
      errors: "full",
      compile: (numbers: readonly number[]) => {
        const checks = numbers.map((number) => this.#checks[number]!);
        const check = (value: unknown, context?: { readonly instancePath: string }): boolean => {
          const path = context?.instancePath ?? "";
          // no function between: values nest a thousand deep, and each level takes of the stack
          for (const one of checks) {
            const problem = one(value, path);
            if (problem === null) continue;
            check.errors = [problem];
            return false;
          }
          return true;
        };
        check.errors = [] as ErrorObject[];
        return check;
      },
    });
  }

  /** What is wrong with a value, null when it is valid against the schema.
   *  @throws {EndlessReference} where the value is sent round in circles */
  problemOf(node: SchemaNode, value: unknown): Problem {
    try {
      return this.#part(node)(value, "");
    } finally {
      for (const known of this.#used) known.clear();
      this.#used.clear();
    }
  }

  #part(node: SchemaNode): Check {
    const made = this.#parts.get(node.pointer);
    if (made !== undefined) return made;
    const part = node.schema === true ? () => null : node.schema === false ? allowsNothing : this.#compiledPart(node);
    this.#parts.set(node.pointer, part);
    return part;
  }

  /** A part that is compiled at its first use. */
  #compiledPart(node: SchemaNode): Check {
    let compiled: Compiled | null = null;
    const known: Known = new Map();
    return (value, path) => {
      compiled ??= this.#compiled(node);
      const { validate, isLeaf } = compiled;
      if (!isLeaf) {
        const found = known.get(value);
        if (found !== undefined) return found.problem === null ? null : moved(found.problem, found.path, path);
        if (known.has(value)) throw new EndlessReference();
        this.#used.add(known);
        known.set(value, undefined);
      }
      const context = { instancePath: path, parentData: {}, parentDataProperty: "", rootData: {}, dynamicAnchors: {} };
      const isValid = validate(value, context) === true;
      const found = isValid ? null : (validate.errors?.at(-1) ?? problem("", path, "is not valid"));
      if (!isLeaf) known.set(value, { problem: found, path });
      return found;
    };
  }

  #compiled(node: SchemaNode): Compiled {
    const before = this.#checks.length;
    const schema = this.#written(node, { left: MOST_KEYWORDS });
    const isLeaf = this.#checks.length === before;
    return { validate: this.#ajv.compile(this.#ready(schema) as object), isLeaf };
  }

  /** A schema as Ajv gets it, as far as there is room; what is beyond are checks of its own. */
  #written(node: SchemaNode, room: { left: number }): unknown {
    const { schema } = node;
    if (typeof schema === "boolean") return schema;
    const keywords = Object.entries(schema);
    if (room.left <= 0 && keywords.length > 0) return this.#withChecks({}, [this.#part(node)]);
    room.left -= keywords.length;
    const copy: Record<string, unknown> = {};
    const checks: Check[] = [];
    const inner = (...steps: readonly (string | number)[]) => this.#written(childOf(node, ...steps), room);
    for (const [keyword, value] of keywords) {
      const kind = kindOf(keyword);
      // every reference is resolved here
      if (PLACE_NAMES.has(keyword) || (kind === undefined && keyword !== "const")) continue;
      if (keyword === "$ref" || keyword === "$dynamicRef") {
        checks.push(this.#part(this.#behind(this.#document.resolve(value as string, node))));
      } else if (kind === "schema") {
        if (keyword !== "additionalProperties" || !isWide(schema.patternProperties)) copy[keyword] = inner(keyword);
      } else if (Array.isArray(value) && (kind === "schemas" || kind === "items")) {
        if (isWide(value)) {
          checks.push(this.#wideList(node, keyword, value));
          // how many there are is asked by what stands for the rest
          if (!COMBINING.has(keyword)) copy[keyword] = value.map(() => true);
        } else copy[keyword] = value.map((_, index) => inner(keyword, index));
      } else if (kind === "items") copy[keyword] = inner(keyword);
      else if (keyword === "enum" && isWide(value)) checks.push(this.#wideEnum(value as readonly unknown[]));
      else if (isKeywordMap(value) && keyword !== "const") {
        if (isWide(value)) {
          checks.push(this.#wideMap(node, keyword, value));
          // which names there are is asked by additionalProperties
          if (keyword === "properties") copy[keyword] = mapped(value, () => true);
        }
        // names that must come with a name, as dependencies and dependentRequired list them, are no schemas
        else copy[keyword] = mapped(value, (name) => (Array.isArray(value[name]) ? value[name] : inner(keyword, name)));
      } else copy[keyword] = value;
    }
    return this.#withChecks(copy, checks);
  }

  #withChecks(schema: KeywordMap, checks: readonly Check[]): KeywordMap {
    if (checks.length === 0) return schema;
    return { ...schema, [CHECKS]: checks.map((check) => this.#checks.push(check) - 1) };
  }

  /** Where references that say nothing else lead to in the end; where they lead round, the node itself. */
  #behind(node: SchemaNode): SchemaNode {
    let at = node;
    for (const met = new Set<SchemaNode>(); !met.has(at); ) {
      met.add(at);
      if (!isKeywordMap(at.schema) || typeof at.schema.$ref !== "string") return at;
      if (!saysNoMoreThan(at.schema, "$ref")) return at;
      at = this.#document.resolve(at.schema.$ref, at);
    }
    return node;
  }

  #wideList(node: SchemaNode, keyword: string, schemas: readonly unknown[]): Check {
    if (keyword === "items" || keyword === "prefixItems") {
      const parts = schemas.map((_, index) => this.#part(childOf(node, keyword, index)));
      return (value, path) =>
        Array.isArray(value)
          ? firstOf(value.slice(0, parts.length), (element, at) => parts[at]!(element, `${path}/${at}`))
          : null;
    }
    if (keyword === "allOf") {
      const all = this.#groups(node, keyword, schemas);
      return (value, path) => firstOf(all, (one) => one(value, path));
    }
    // constants by the ten thousand are looked up, and not compiled
    const constants = new Map<unknown, number>();
    for (const value of schemas.map(plainConstant)) constants.set(value, (constants.get(value) ?? 0) + 1);
    constants.delete(undefined);
    const left = [...schemas.entries()].filter(([, schema]) => plainConstant(schema) === undefined);
    const others =
      keyword === "anyOf"
        ? this.#groups(
            node,
            keyword,
            left.map(([, schema]) => schema),
          )
        : left.map(([index]) => this.#part(childOf(node, keyword, index)));
    const validCount = (value: unknown, path: string, most: number): number => {
      let count = constants.get(value) ?? 0;
      for (const other of others) {
        if (count >= most) break;
        if (other(value, path) === null) count++;
      }
      return count;
    };
    if (keyword === "anyOf") {
      return (value, path) =>
        validCount(value, path, 1) > 0 ? null : problem(keyword, path, "must match a schema in anyOf");
    }
    return (value, path) =>
      validCount(value, path, 2) === 1 ? null : problem(keyword, path, "must match exactly one schema in oneOf");
  }

  /** Schemas of an allOf or anyOf, as many in a part as one function may have. */
  #groups(node: SchemaNode, keyword: "allOf" | "anyOf", schemas: readonly unknown[]): Check[] {
    return Array.from({ length: Math.ceil(schemas.length / MOST_IN_ONE) }, (_, group) => {
      const own = schemas.slice(group * MOST_IN_ONE, (group + 1) * MOST_IN_ONE);
      return this.#part({ schema: { [keyword]: own }, pointer: `${node.pointer}/${keyword}/group ${group}` });
    });
  }

  /** Ajv compares with one value after the other. */
  #wideEnum(values: readonly unknown[]): Check {
    const allowed = this.#ready(values) as readonly unknown[];
    const texts = new Set(allowed.map(sortedText));
    const wrong = problem("enum", "", "must be equal to one of the allowed values", { allowedValues: allowed });
    return (value, instancePath) => (texts.has(sortedText(value)) ? null : { ...wrong, instancePath });
  }

  #wideMap(node: SchemaNode, keyword: string, schemas: KeywordMap): Check {
    const partOf = (name: string) => {
      const value = schemas[name];
      // names that must come with a name
      const isNames = Array.isArray(value);
      const pointer = stepPointer(stepPointer(node.pointer, keyword), name);
      return this.#part(isNames ? { schema: { required: value }, pointer } : childOf(node, keyword, name));
    };
    if (keyword !== "patternProperties") {
      const isOfMember = keyword === "properties";
      const parts = new Map<string, Check>();
      return (value, path) =>
        firstOf(namesOf(value), (name) => {
          if (!Object.hasOwn(schemas, name)) return null;
          const part = parts.get(name) ?? partOf(name);
          parts.set(name, part);
          return isOfMember ? part((value as KeywordMap)[name], memberPath(path, name)) : part(value, path);
        });
    }
    const patterns = Object.keys(schemas).map((source) => ({ test: regularExpression(source), part: partOf(source) }));
    const { properties, additionalProperties } = node.schema as KeywordMap;
    const rest = additionalProperties === undefined ? () => null : this.#part(childOf(node, "additionalProperties"));
    return (value, path) =>
      firstOf(namesOf(value), (name) => {
        const member = (value as KeywordMap)[name];
        const own = patterns.filter(({ test }) => test.test(name)).map(({ part }) => part);
        if (own.length === 0 && !(isKeywordMap(properties) && Object.hasOwn(properties, name))) own.push(rest);
        return firstOf(own, (part) => part(member, memberPath(path, name)));
      });
  }
}

const COMBINING: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf"]);

function isWide(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > MOST_IN_ONE;
}

/** The value of a schema that says a constant alone, of a kind that compares by itself; undefined for others. */
function plainConstant(schema: unknown): unknown {
  if (!isKeywordMap(schema) || !Object.hasOwn(schema, "const")) return undefined;
  if (!saysNoMoreThan(schema, "const")) return undefined;
  const value = schema.const;
  return typeof value === "string" || Number.isSafeInteger(value) ? value : undefined;
}

function allowsNothing(_value: unknown, path: string): Problem {
  return problem("false schema", path, "is allowed no value");
}

function problem(keyword: string, instancePath: string, message: string, params: KeywordMap = {}): ErrorObject {
  return { keyword, instancePath, schemaPath: "", params, message };
}

/** A value's JSON text with the keys of objects in order: equal for equal values. */
function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isKeywordMap(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function moved(error: ErrorObject, from: string, to: string): ErrorObject {
  return from === to ? error : { ...error, instancePath: to + error.instancePath.slice(from.length) };
}

function firstOf<One>(all: readonly One[], judge: (one: One, at: number) => Problem): Problem {
  for (const [at, one] of all.entries()) {
    const found = judge(one, at);
    if (found !== null) return found;
  }
  return null;
}

function namesOf(value: unknown): readonly string[] {
  return isKeywordMap(value) ? Object.keys(value) : [];
}

function memberPath(path: string, name: string): string {
  return `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function mapped(map: KeywordMap, change: (name: string) => unknown): KeywordMap {
  return Object.fromEntries(Object.keys(map).map((name) => [name, change(name)]));
}
