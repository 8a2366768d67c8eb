import type { Branch } from "./branches.js";
import { choice, EMPTY, type IrNode, NEVER, repeat, seq, text } from "./ir.js";
import type { Punctuation } from "./jsonText.js";
import type { AddRule } from "./numbers.js";
import { type Conjunction, childOf, isKeywordMap, type KeywordMap, type SchemaNode } from "./schemaNode.js";

/** What a schema says of an object. */
export interface ObjectFacets {
  /** Every property that is named, in the order in which it is written. */
  readonly properties: ReadonlyMap<string, Conjunction>;
  readonly required: ReadonlySet<string>;
  /** Schemas of properties that are not named; null when there may be none. */
  readonly additional: Conjunction | null;
  /** Schemas of the names of those. */
  readonly names: Conjunction;
}

/** @param isClosed  whether an object that lists properties and says nothing of others has no others */
export function objectFacets(branch: Branch, isClosed: boolean): ObjectFacets {
  const parts = branch.nodes.map((node) => {
    const keywords = node.schema as KeywordMap;
    const listed = isKeywordMap(keywords.properties) ? Object.keys(keywords.properties) : [];
    const others: SchemaNode | null =
      keywords.additionalProperties === undefined ? null : childOf(node, "additionalProperties");
    const required = (Array.isArray(keywords.required) ? keywords.required : []) as readonly string[];
    const names = keywords.propertyNames === undefined ? [] : [childOf(node, "propertyNames")];
    return { node, listed, others, required, names };
  });
  const required = new Set(parts.flatMap((part) => part.required));
  const all = new Set([...parts.flatMap((part) => part.listed), ...required]);
  const properties = new Map<string, Conjunction>();
  for (const name of all) {
    const schemas = parts.flatMap(({ node, listed, others }) =>
      listed.includes(name) ? [childOf(node, "properties", name)] : others === null ? [] : [others],
    );
    properties.set(name, schemas);
  }
  const stated = parts.flatMap(({ others }) => (others === null ? [] : [others]));
  const isSilent = stated.length === 0 && all.size > 0;
  const isShut = stated.some(({ schema }) => schema === false);
  return {
    properties,
    required,
    additional: isShut || (isSilent && isClosed) ? null : stated,
    names: parts.flatMap((part) => part.names),
  };
}

/** One property of an object as the grammar writes it. */
export interface Member {
  readonly isRequired: boolean;
  /** Key, colon and value. */
  readonly node: IrNode;
}

/** An object of the members, in their order, and then any number of others.
 *  @param other  key, colon and value of one that is not named; NEVER for none */
export function objectNode(
  members: readonly Member[],
  other: IrNode,
  { comma, edge }: Punctuation,
  name: string,
  addRule: AddRule,
): IrNode {
  /** What follows once a member has been written and the first `count` have been dealt with. */
  const after = (count: number): IrNode => {
    const member = members[count];
    if (member === undefined) return seq(repeat(seq(comma, other), 0, null), edge);
    const rest = after(count + 1);
    if (member.isRequired) return seq(comma, member.node, rest);
    const shared = addRule(`${name}-after${count + 1}`, () => rest);
    return choice(seq(comma, member.node, shared), shared);
  };
  const options: IrNode[] = [];
  let isAllOptional = true;
  for (const [index, member] of members.entries()) {
    options.push(
      seq(
        member.node,
        addRule(`${name}-after${index + 1}`, () => after(index + 1)),
      ),
    );
    if (!member.isRequired) continue;
    isAllOptional = false;
    break;
  }
  if (isAllOptional) options.push(seq(other, repeat(seq(comma, other), 0, null), edge), EMPTY);
  return seq(text("{"), edge, choice(...options.filter((option) => option !== NEVER)), text("}"));
}
