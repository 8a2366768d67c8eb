import type { GrammarIr, IrNode } from "../../src/grammar/index.js";

type StringNode = Extract<IrNode, { kind: "string" }>;
type Automaton = NonNullable<StringNode["content"]["automaton"]>;

/** The inside of a JSON string that is being read: an automaton's state or how many characters were read, and the
 *  characters of a spelling that is not yet complete. */
interface InString {
  readonly kind: "inString";
  readonly content: StringNode["content"];
  readonly at: number;
  readonly spelling: string;
}

/** What is left to read: a list of pieces, the same object for the same list. */
interface Rest {
  readonly node: IrNode | InString;
  readonly next: Rest | null;
  readonly id: number;
}

/** Whether a text is one of the grammar's: a plain reading of the IR that shares no code with what emits it.
 *  @param onWays  told after each character in how many ways the text may go on */
export function accepts(ir: GrammarIr, input: string, onWays: (count: number) => void = () => undefined): boolean {
  const nodeIds = new Map<string | IrNode | InString, number>();
  const contentIds = new Map<StringNode["content"], number>();
  const rests = new Map<string, Rest>();
  const contentId = (content: StringNode["content"]): number => {
    const id = contentIds.get(content) ?? contentIds.size;
    contentIds.set(content, id);
    return id;
  };
  const idOf = (node: IrNode | InString): number => {
    let key: string | IrNode | InString = node;
    if (node.kind === "repeat" || node.kind === "text") key = JSON.stringify(node);
    if (node.kind === "inString") key = `in ${contentId(node.content)} ${node.at} ${node.spelling}`;
    const id = nodeIds.get(key) ?? nodeIds.size;
    nodeIds.set(key, id);
    return id;
  };
  const push = (node: IrNode | InString, next: Rest | null): Rest => {
    const key = `${idOf(node)} ${next?.id ?? -1}`;
    const rest = rests.get(key) ?? { node, next, id: rests.size };
    rests.set(key, rest);
    return rest;
  };
  /** The lists that begin with a text or a character; null stands for the end. */
  const opened = (starts: Iterable<Rest | null>): Set<Rest | null> => {
    const seen = new Set<Rest | null>(starts);
    const found = new Set<Rest | null>();
    for (const rest of seen) {
      if (rest === null || BEGINS.has(rest.node.kind)) {
        found.add(rest);
        continue;
      }
      const { node, next } = rest;
      if (node.kind === "ref") seen.add(push(ir.rules[node.rule]!, next));
      else if (node.kind === "seq")
        seen.add(node.parts.reduceRight<Rest | null>((after, part) => push(part, after), next));
      else if (node.kind === "choice") for (const option of node.options) seen.add(push(option, next));
      else if (node.kind === "repeat") {
        if (node.min === 0) seen.add(next);
        if (node.max === 0) continue;
        const left = { ...node, min: Math.max(0, node.min - 1), max: node.max === null ? null : node.max - 1 };
        seen.add(push(node.node, push(left, next)));
      }
    }
    return found;
  };
  let states = opened([push({ kind: "ref", rule: ir.root }, null)]);
  for (const char of input) {
    const after: (Rest | null)[] = [];
    for (const rest of states) {
      if (rest === null) continue;
      const { node, next } = rest;
      if (node.kind === "text") {
        if (!node.text.startsWith(char)) continue;
        const left = node.text.slice(char.length);
        after.push(left === "" ? next : push({ kind: "text", text: left }, next));
      } else if (node.kind === "chars") {
        const code = char.codePointAt(0)!;
        if (node.ranges.some(([first, last]) => first <= code && code <= last)) after.push(next);
      } else if (node.kind === "string") {
        if (char === '"') after.push(push({ kind: "inString", content: node.content, at: 0, spelling: "" }, next));
      } else if (node.kind === "inString") {
        const inside = readInString(node, char);
        if (inside === "end") after.push(next);
        else if (inside !== null) after.push(push(inside, next));
      }
    }
    states = opened(after);
    onWays(states.size);
    if (states.size === 0) return false;
  }
  return states.has(null);
}

const BEGINS = new Set<string>(["text", "chars", "string", "inString"]);
/** An escape, none of which stands for printable ASCII that needs none. */
const ESCAPE =
  /^\\(?:["\\bfnrt]|u(?!d[89a-f]|00[2-6].|007[0-9a-e])[0-9a-f]{4}|u00(?:22|5c)|ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})$/i;
/** What one may begin with. */
const ESCAPE_BEGINNING =
  /^\\(?:u(?!d[c-f])(?:0|00|00[0-2578-9a-f]|0[1-9a-f][0-9a-f]?|[1-9a-f][0-9a-f]{0,2})?|ud[89ab][0-9a-f]{2}(?:\\(?:u(?:d(?:[c-f][0-9a-f]?)?)?)?)?)?$/i;

/** What is inside after one more character; null where it can't be. */
function readInString(inside: InString, char: string): InString | "end" | null {
  const { content, at, spelling } = inside;
  if (spelling === "" && char === '"') return mayEnd(content, at) ? "end" : null;
  if (char < " ") return null;
  const written = spelling + char;
  if (written[0] === "\\" && !ESCAPE.test(written)) {
    return ESCAPE_BEGINNING.test(written) ? { ...inside, spelling: written } : null;
  }
  const code = (JSON.parse(`"${written}"`) as string).codePointAt(0)!;
  if (content.automaton === null) {
    return at === (content.max ?? -1) ? null : { ...inside, at: at + 1, spelling: "" };
  }
  const target = content.automaton.next(at, code);
  return target === -1 ? null : { ...inside, at: target, spelling: "" };
}

function mayEnd({ automaton, min }: StringNode["content"], at: number): boolean {
  return automaton === null ? at >= min : automaton.accepting[at] === 1;
}

/** A random text of the grammar.
 *  @param random  numbers from 0 to 1
 *  @param patience  how many pieces to write freely before heading for the nearest end */
export function sampleText(ir: GrammarIr, random: () => number, patience = 60): string {
  const costs = costsOf(ir);
  let written = 0;
  const write = (node: IrNode): string => {
    written++;
    switch (node.kind) {
      case "text":
        return node.text;
      case "chars": {
        const [first, last] = node.ranges[Math.floor(random() * node.ranges.length)]!;
        const reach = random() < 0.8 ? Math.min(last, first + 100) : last;
        return String.fromCodePoint(first + Math.floor(random() * (reach - first + 1)));
      }
      case "seq":
        return node.parts.map(write).join("");
      case "choice": {
        const nearest = [...node.options].sort((a, b) => costOf(a, costs) - costOf(b, costs))[0]!;
        return write(written > patience ? nearest : node.options[Math.floor(random() * node.options.length)]!);
      }
      case "repeat": {
        const most = Math.min(node.max ?? Number.POSITIVE_INFINITY, node.min + 8);
        const more = written > patience ? 0 : Math.floor(random() ** 2 * (most - node.min + 1));
        let text = "";
        for (let count = 0; count < node.min + more; count++) text += write(node.node);
        return text;
      }
      case "ref":
        return write(ir.rules[node.rule]!);
      case "string":
        return spelledAtRandom(sampleString(node.content, random, written > patience), random);
    }
  };
  return write({ kind: "ref", rule: ir.root });
}

/** A random string that the content allows. */
function sampleString(
  { automaton, min, max }: StringNode["content"],
  random: () => number,
  isHurried: boolean,
): string {
  let text = "";
  if (automaton === null) {
    const most = Math.min(max ?? Number.POSITIVE_INFINITY, min + 8);
    const length = isHurried ? min : min + Math.floor(random() ** 2 * (most - min + 1));
    while ([...text].length < length) text += CHARACTERS[Math.floor(random() * CHARACTERS.length)]!;
    return text;
  }
  const distances = distancesToEnd(automaton);
  const patience = isHurried ? 0 : 12;
  for (let at = 0, count = 0; ; count++) {
    const edges = edgesOf(automaton, at);
    if (automaton.accepting[at] === 1 && (edges.length === 0 || count >= patience || random() < 0.3)) return text;
    const nearest = [...edges].sort((a, b) => distances[a.target]! - distances[b.target]!)[0]!;
    const { first, last, target } = count >= patience ? nearest : edges[Math.floor(random() * edges.length)]!;
    text += String.fromCodePoint(first + Math.floor(random() * (Math.min(last, first + 100) - first + 1)));
    at = target;
  }
}

function edgesOf({ offsets, edges }: Automaton, state: number): { first: number; last: number; target: number }[] {
  const found = [];
  for (let at = offsets[state]!; at < offsets[state + 1]!; at += 3)
    found.push({ first: edges[at]!, last: edges[at + 1]!, target: edges[at + 2]! });
  return found;
}

const CHARACTERS = ["a", "Z", "0", " ", '"', "\\", "\n", "/", "é", "漢", "😀"];

/** How many characters each state is from an end. */
function distancesToEnd(automaton: Automaton): number[] {
  const states = [...automaton.accepting.keys()];
  const distances = states.map((state) => (automaton.accepting[state] === 1 ? 0 : Number.POSITIVE_INFINITY));
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const state of states) {
      const distance = Math.min(
        distances[state]!,
        ...edgesOf(automaton, state).map(({ target }) => distances[target]! + 1),
      );
      isChanged ||= distance !== distances[state];
      distances[state] = distance;
    }
  }
  return distances;
}

/** Printable ASCII that needs no escape. */
const PLAIN = /^[ !#-[\]-~]$/;

/** A string as JSON, now and then with a character as its escape. */
function spelledAtRandom(value: string, random: () => number): string {
  const characters = [...value].map((char) => {
    if (random() < 0.9 || PLAIN.test(char)) return JSON.stringify(char).slice(1, -1);
    return [...char.split("")].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  });
  return `"${characters.join("")}"`;
}

/** The fewest steps in which each rule can be finished. */
function costsOf(ir: GrammarIr): ReadonlyMap<string, number> {
  const costs = new Map<string, number>();
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const [name, node] of Object.entries(ir.rules).reverse()) {
      const cost = costOf(node, costs) + 1;
      if (cost < (costs.get(name) ?? Number.POSITIVE_INFINITY)) {
        costs.set(name, cost);
        isChanged = true;
      }
    }
  }
  return costs;
}

function costOf(node: IrNode, costs: ReadonlyMap<string, number>): number {
  switch (node.kind) {
    case "seq":
      return node.parts.reduce((sum, part) => sum + costOf(part, costs), 0);
    case "choice":
      return Math.min(...node.options.map((option) => costOf(option, costs)));
    case "repeat":
      return node.min === 0 ? 0 : node.min * costOf(node.node, costs);
    case "ref":
      return costs.get(node.rule) ?? Number.POSITIVE_INFINITY;
    default:
      return 1;
  }
}

/** Random numbers from 0 to 1 that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A value as the default style writes it: `{"a": 1, "b": [2, 3]}`. */
export function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${spacedJson(member)}`)
    .join(", ")}}`;
}
