import { choice, choiceOf, EMPTY, type IrNode, isNever, NEVER, ref, repeat, seq, text } from "../../grammar/index.js";
import { type StringLiteral, UnsupportedString } from "../../language/index.js";
import {
  type Alternative,
  atomsOf,
  countOf,
  isNameIn,
  memberClause,
  mentionedNames,
  type OtherMembers,
  type SomeMember,
  settleSomeMembers,
  sortOtherMembers,
  stringLiterals,
  TooManyPatterns,
} from "../conditions/index.js";
import type { Emission } from "./emission.js";
import { stringOf } from "./jsonText.js";
import { quoted } from "./literalText.js";

/** What compiling the names of further members counts for, in members. */
const COST_OF_NAMES = 15;
/** Most states of an object that counts its members; beyond, counting is left to the check. */
const MOST_COUNTED = 5_000;

/** One property of an object as the grammar writes it. */
interface Member {
  readonly isRequired: boolean;
  /** Key, colon and value. */
  readonly node: IrNode;
}

/** The objects that satisfy all atoms: named members in the order of the document, then others. */
export function objectNode(way: Alternative, name: string, emission: Emission): IrNode {
  const nameWays = nameWaysOf(way, emission);
  const cases = settleSomeMembers(way, nameWays.checkedNames, emission.leaveToCheck);
  return choice(
    ...cases
      .map((one, index) =>
        caseNode(one.way, one.some, nameWays, index === 0 ? name : `${name}-c${index + 1}`, emission),
      )
      .filter((node) => !isNever(node)),
  );
}

interface NameWays {
  /** One of these lists must hold for every name. */
  readonly ways: readonly (readonly StringLiteral[])[];
  /** What negated `propertyNames` ask of some name. */
  readonly checkedNames: readonly (readonly (readonly StringLiteral[])[])[];
}

function nameWaysOf(way: Alternative, emission: Emission): NameWays {
  const atoms = atomsOf(way, "names");
  const waysOf = (isNegated: boolean) => {
    const clause = atoms.filter((atom) => atom.isNegated === isNegated).map(({ node }) => ({ node, isNegated }));
    return { clause, isSaid: clause.length > 0 };
  };
  const said = waysOf(false);
  const literalsOf = (one: Alternative) => {
    for (const { what } of atomsOf(one, "checked")) emission.leaveToCheck(what);
    return stringLiterals(one);
  };
  return {
    ways: said.isSaid ? emission.waysOf(said.clause, "string").map(literalsOf) : [[]],
    checkedNames: waysOf(true).clause.map((literal) => emission.waysOf([literal], "string").map(literalsOf)),
  };
}

function caseNode(
  way: Alternative,
  some: readonly SomeMember[],
  nameWays: NameWays,
  name: string,
  emission: Emission,
): IrNode {
  const { colon } = emission.punctuation;
  const names = mentionedNames(way);
  emission.spend(names.length + 1);
  const required = new Set(atomsOf(way, "required").flatMap((atom) => (atom.isNegated ? [] : [atom.name])));
  const absent = new Set(atomsOf(way, "required").flatMap((atom) => (atom.isNegated ? [atom.name] : [])));
  const members = new Map<string, Member>();
  for (const key of names) {
    if (absent.has(key)) continue;
    const isRequired = required.has(key);
    const isAllowed = nameWays.ways.some((literals) => isNameIn(literals, key));
    const value = isAllowed ? emission.nodeOf(memberClause(way, key)) : NEVER;
    if (!isNever(value)) members.set(key, { isRequired, node: seq(quoted(key), colon, value) });
    else if (isRequired) return NEVER;
  }
  // others[bits]: members that satisfy the demands of those bits, and perhaps more
  const others = Array.from({ length: 2 ** some.length }, (_, bits) => {
    const met = some.filter((_demand, index) => (bits >> index) & 1);
    return otherNode(way, names, nameWays, met, members.size, emission);
  });
  // of a name that is written twice the last value is the one that counts
  if (some.some(({ literal }) => literal !== null) && !isNever(others[0]!))
    emission.leaveToCheck("not, where further properties repeat a name");
  const orders = ordersOf(way, [...members.keys()]).map((order) => order.map((key) => members.get(key)!));
  return choice(
    ...orders
      .map((order, index) => membersNode(way, order, others, index === 0 ? name : `${name}-o${index + 1}`, emission))
      .filter((node) => !isNever(node)),
  );
}

/** Most names that no `properties` lists and that may come in any order. */
const MOST_UNORDERED = 3;

/** The orders in which members may come: those that `properties` list as they are listed; a few that are only required, or
 *  depend on each other, in any order behind them. */
function ordersOf(way: Alternative, keys: readonly string[]): readonly (readonly string[])[] {
  const groups = atomsOf(way, "members").map(({ group }) => group.properties);
  const [listed, unlisted] = [[] as string[], [] as string[]];
  for (const key of keys)
    (groups.some((properties) => properties.get(key) !== undefined) ? listed : unlisted).push(key);
  if (unlisted.length < 2 || unlisted.length > MOST_UNORDERED) return [keys];
  return permutationsOf(unlisted).map((order) => [...listed, ...order]);
}

function permutationsOf(names: readonly string[]): string[][] {
  if (names.length <= 1) return [[...names]];
  return names.flatMap((name) => permutationsOf(names.filter((one) => one !== name)).map((rest) => [name, ...rest]));
}

/** Key, colon and value of a member that is not mentioned; NEVER when there can be none.
 *  @param some  what it must satisfy beyond the rest */
function otherNode(
  way: Alternative,
  mentioned: readonly string[],
  nameWays: NameWays,
  some: readonly SomeMember[],
  memberCount: number,
  emission: Emission,
): IrNode {
  const groups = atomsOf(way, "members").map(({ group }) => group);
  const isSilent = groups.every(({ others }) => others === null);
  const isSpokenOf = mentioned.length > 0 || groups.some(({ patterns }) => patterns.length > 0);
  const { min } = countOf(way, "memberCount");
  const isClosed = emission.reading === "intended" && isSilent && isSpokenOf && some.length === 0 && min <= memberCount;
  const { colon } = emission.punctuation;
  const member = ({ names, clause }: OtherMembers): IrNode => {
    const value = emission.nodeOf(clause);
    if (isNever(value)) return NEVER;
    if (!emission.hasRoomFor(names)) throw new TooManyPatterns();
    return seq(stringOf(names), colon, value);
  };
  const extra = {
    names: some.flatMap((demand) => demand.names),
    literals: some.flatMap(({ literal }) => (literal === null ? [] : [literal])),
  };
  try {
    const sorted = sortOtherMembers(way, mentioned, nameWays.ways, extra, isClosed, () =>
      emission.spend(COST_OF_NAMES),
    );
    return choice(...sorted.map(member).filter((node) => !isNever(node)));
  } catch (error) {
    if (!(error instanceof UnsupportedString) && !(error instanceof TooManyPatterns)) throw error;
    const why = error instanceof UnsupportedString ? error.message : "too many expressions";
    emission.leaveToCheck(`names of further properties (${why})`);
    return seq(ref("string"), colon, ref("value"));
  }
}

/** @param others  members that are not mentioned, by the demands that they meet; all demands must be met in the end */
function membersNode(
  way: Alternative,
  members: readonly Member[],
  others: readonly IrNode[],
  name: string,
  emission: Emission,
): IrNode {
  const { comma, edge } = emission.punctuation;
  const { min, max, stop } = memberCounts(way, members, others, emission);
  if (max < min) return NEVER;
  const isFree = max === Number.POSITIVE_INFINITY;
  const all = others.length - 1;
  const other = others[0]!;
  const next = (count: number) => (isFree ? Math.min(count + 1, stop) : count + 1);
  /** What follows all named members, `count` members having been written and the demands of the bits met. */
  const tail = (count: number, met: number): IrNode =>
    emission.addRule(`${name}-t${count}${met === all ? "" : `-${met}`}`, () => {
      const lead = count === 0 ? EMPTY : comma;
      const end = met === all && count >= min ? (count === 0 ? EMPTY : edge) : NEVER;
      if (count >= max) return end;
      if (met === all && isFree && count === stop) return seq(repeat(seq(lead, other), 0, null), end);
      const meeting = others.flatMap((node, bits) =>
        bits !== 0 && (bits & met) === 0 && !isNever(node) ? [seq(lead, node, tail(next(count), met | bits))] : [],
      );
      return choice(end, isNever(other) ? NEVER : seq(lead, other, tail(next(count), met)), ...meeting);
    });
  // rows[count]: what follows, that many members having been written; built from the last member to the first
  const counts = Array.from({ length: stop }, (_, index) => index + 1);
  let rows: IrNode[] = [NEVER, ...counts.map((count) => tail(count, 0))];
  const starts: IrNode[] = [];
  const firstRequired = members.findIndex(({ isRequired }) => isRequired);
  for (const [index, { isRequired, node }] of [...members.entries()].reverse()) {
    const before = rows;
    const named: IrNode[] = [];
    const behind = (count: number): IrNode => {
      named[count] ??= emission.addRule(`${name}-m${index + 1}-${count}`, () => before[count]!);
      return named[count]!;
    };
    if (firstRequired < 0 || index <= firstRequired) starts[index] = seq(node, behind(1));
    rows = before.map((rest, count) => {
      if (count === 0) return NEVER;
      const written =
        count >= max
          ? NEVER
          : seq(comma, node, isLong(before[next(count)]!) ? behind(next(count)) : before[next(count)]!);
      if (isRequired) return written;
      return count >= max ? rest : choice(seq(comma, node, behind(next(count))), behind(count));
    });
  }
  const options = starts.filter((option) => option !== undefined && !isNever(option));
  if (firstRequired < 0) options.push(tail(0, 0));
  if (max === 0) return firstRequired >= 0 || all > 0 ? NEVER : seq(text("{"), edge, text("}"));
  return seq(text("{"), edge, choiceOf(options), text("}"));
}

/** Sequences are copied as they grow, so a long one becomes a rule. */
function isLong(node: IrNode): boolean {
  return node.kind === "seq" && node.parts.length > LONGEST_SEQUENCE;
}

const LONGEST_SEQUENCE = 40;

/** Between how many members, and how many need telling apart. */
function memberCounts(
  way: Alternative,
  members: readonly Member[],
  others: readonly IrNode[],
  emission: Emission,
): { min: number; max: number; stop: number } {
  const isDemanding = others.length > 1;
  const needed = members.filter(({ isRequired }) => isRequired).length + (isDemanding ? 1 : 0);
  const asked = countOf(way, "memberCount");
  const min = asked.min <= needed ? 0 : asked.min;
  const isWithin = others.every(isNever) && asked.max >= members.length;
  const max = isWithin ? Number.POSITIVE_INFINITY : asked.max;
  if (max < needed) return { min: 1, max: 0, stop: 1 };
  const stop = Math.max(1, max === Number.POSITIVE_INFINITY ? min : max);
  const canRepeat = !others.every(isNever);
  // a name that no schema mentions may be written twice, and is one member then
  if (canRepeat && min > needed + 1) emission.leaveToCheck("minProperties, where further properties repeat a name");
  if (stop === 1 || stop * (members.length + others.length) <= MOST_COUNTED) return { min, max, stop };
  emission.leaveToCheck("minProperties or maxProperties of a large object");
  return { min: 0, max: Number.POSITIVE_INFINITY, stop: 1 };
}
