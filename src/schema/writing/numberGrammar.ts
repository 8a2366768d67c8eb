import { type AddRule, chars, choiceOf, EMPTY, type IrNode, ref, seq, text } from "../../grammar/index.js";
import {
  compileNumbers,
  type NumberContent,
  type NumberLiteral,
  type NumberReading,
  type Numeric,
  SYMBOLS,
  unionOf,
} from "../../language/index.js";
import { anyInteger, anyNumber, valueText } from "./numberTexts.js";

/** What is written of some numbers, with the rules that it refers to. */
interface WrittenNumbers {
  readonly node: IrNode;
  readonly rules: ReadonlyMap<string, IrNode>;
}

/** A schema met again has the same contents. */
const known = new WeakMap<NumberContent, WrittenNumbers>();

/** The rules that grammars of a reading share: any number, any integer. */
export function numberRules(reading: NumberReading): Readonly<Record<"number" | "integer", IrNode>> {
  return { number: anyNumber(reading === "full"), integer: anyInteger(reading === "full") };
}

/** The JSON numbers for which all literals hold; NEVER when there are none. Refers to the rules `number` and `integer`
 *  and to those that it adds, which are named by what the literals say.
 *  @throws {UnsupportedNumber} */
export function numbersNode(literals: readonly NumberLiteral[], reading: NumberReading, addRule: AddRule): IrNode {
  const content = compileNumbers(literals, reading);
  if (content.kind === "number" || content.kind === "integer") return ref(content.kind);
  let written = known.get(content);
  if (written === undefined) {
    written = writtenNumbers(content, reading);
    known.set(content, written);
  }
  for (const [rule, node] of written.rules) addRule(rule, () => node);
  return written.node;
}

type ListContent = Extract<NumberContent, { kind: "values" }>;
type AutomatonContent = Extract<NumberContent, { kind: "automaton" }>;

function writtenNumbers(content: ListContent | AutomatonContent, reading: NumberReading): WrittenNumbers {
  const rules = new Map<string, IrNode>();
  if (content.kind === "values") {
    const { values, mayHaveExponent } = content;
    return { node: choiceOf(values.flatMap((value) => valueTexts(value, mayHaveExponent, reading === "full"))), rules };
  }
  const node = automatonNode(content, (rule, body) => {
    if (!rules.has(rule)) {
      rules.set(rule, EMPTY);
      rules.set(rule, body());
    }
    return ref(rule);
  });
  return { node, rules };
}

function valueTexts(value: Numeric, mayHaveExponent: boolean, isFull: boolean): IrNode[] {
  const written = valueText(value, isFull);
  const hasExponent = mayHaveExponent && typeof value === "number" && Math.abs(value) >= 1e21;
  return hasExponent ? [written, text(JSON.stringify(value))] : [written];
}

/** Writes the automaton as rules, one for each state that several others lead to. */
function automatonNode({ automaton, shared, name }: AutomatonContent, addRule: AddRule): IrNode {
  const { accepting, next } = automaton;
  const references: (IrNode | undefined)[] = new Array(accepting.length);
  const nodeOf = (state: number): IrNode => {
    if (shared[state] !== 1) return body(state);
    let reference = references[state];
    if (reference === undefined) {
      // no name that is made of a pointer has two dashes
      const rule = `number--${name}-n${state}`;
      // before its body, which may lead back to it
      reference = ref(rule);
      references[state] = reference;
      addRule(rule, () => body(state));
    }
    return reference;
  };
  const body = (state: number): IrNode => {
    const options: IrNode[] = accepting[state] ? [EMPTY] : [];
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const target = next[state * SYMBOLS + symbol]!;
      if (target < 0) continue;
      // the symbols that lead to it, a bit each
      let symbols = 0;
      for (let other = 0; other < SYMBOLS; other++) {
        if (next[state * SYMBOLS + other] === target) symbols |= 1 << other;
      }
      // those that the first of them wrote
      if ((symbols & ((1 << symbol) - 1)) !== 0) continue;
      options.push(seq(symbolNode(symbols), nodeOf(target)));
    }
    // different characters lead to each: none is there twice
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  };
  return nodeOf(0);
}

/** The symbols' characters. */
const SPELLINGS: readonly (readonly number[])[] = [
  ...Array.from({ length: 10 }, (_, digit) => [48 + digit]),
  [0x2d],
  [0x2e],
  [0x45, 0x65],
  [0x2b],
];

/** By their bits, of which there are 2^14 ways. */
const symbolNodes: IrNode[] = [];

function symbolNode(symbols: number): IrNode {
  symbolNodes[symbols] ??= nodeOfCodes(SPELLINGS.flatMap((codes, symbol) => ((symbols >> symbol) & 1 ? codes : [])));
  return symbolNodes[symbols]!;
}

function nodeOfCodes(codes: readonly number[]): IrNode {
  if (codes.length === 1) return text(String.fromCharCode(codes[0]!));
  return chars(unionOf(codes.map((code) => [code, code] as const)));
}
