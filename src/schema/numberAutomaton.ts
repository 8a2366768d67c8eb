import { unionOf } from "./codePoints.js";
import { chars, choice, EMPTY, type IrNode, NEVER, seq, text } from "./ir.js";
import { mayEnd, type NumberForms, nextShape, type Shape, START_SHAPE, SYMBOLS } from "./numberShape.js";
import type { NumberState, NumberTest } from "./numberTests.js";

/** Names a piece of the grammar, made at first use, and gives a reference to it. */
export type AddRule = (name: string, make: () => IrNode) => IrNode;

/** A deterministic automaton over the characters of numbers, begun in state 0: the successor of state s by symbol c is
 *  `next[s * SYMBOLS + c]`, -1 for none. No states: no number. */
export interface NumberAutomaton {
  readonly accepting: readonly boolean[];
  readonly next: Int32Array;
}

/** The texts of some forms that pass all tests; null when that would need more than `stateLimit` states. */
export function numberAutomaton(
  forms: NumberForms,
  tests: readonly NumberTest[],
  stateLimit: number,
): NumberAutomaton | null {
  interface Place {
    readonly shape: Shape;
    readonly states: readonly NumberState[];
  }
  const start: Place = { shape: START_SHAPE, states: tests.map((one) => one.start) };
  const indexes = new Map<string, number>();
  const places: Place[] = [start];
  const next: number[] = [];
  const accepting: boolean[] = [];
  for (const { shape, states } of places) {
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const step = nextShape(shape, symbol, forms);
      const after = step === null ? null : statesAfter(tests, states, step.role, symbol);
      if (step === null || after === null) {
        next.push(-1);
        continue;
      }
      const key = `${keyOf(step.shape)};${after.join(";")}`;
      let target = indexes.get(key);
      if (target === undefined) {
        target = places.length;
        if (target >= stateLimit) return null;
        indexes.set(key, target);
        places.push({ shape: step.shape, states: after });
      }
      next.push(target);
    }
    accepting.push(mayEnd(shape, forms) && tests.every((test, index) => test.accepts(states[index]!)));
  }
  return minimal({ accepting, next: Int32Array.from(next) });
}

function statesAfter(
  tests: readonly NumberTest[],
  states: readonly NumberState[],
  role: Parameters<NumberTest["next"]>[1],
  symbol: number,
): NumberState[] | null {
  const after: NumberState[] = [];
  for (let index = 0; index < tests.length; index++) {
    const state = tests[index]!.next(states[index]!, role, symbol < 10 ? symbol : 0);
    if (state === null) return null;
    after.push(state);
  }
  return after;
}

function keyOf(shape: Shape): string {
  const { phase, isNegative, count, isLeadingZero, isNormal, isZero, isSmall, exponent } = shape;
  return `${phase}${count}${isNegative ? "-" : ""}${isLeadingZero ? "l" : ""}${isNormal ? "n" : ""}${isZero ? "z" : ""}${isSmall ? "s" : ""}${exponent}`;
}

/** Joins states that accept the same and leaves out those that accept nothing (Moore's refinement). */
function minimal({ accepting, next }: NumberAutomaton): NumberAutomaton {
  const count = accepting.length;
  const isAlive = accepting.slice();
  // states are numbered in the order in which they are found: from the end, few rounds are enough
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (let state = count - 1; state >= 0; state--) {
      if (isAlive[state]) continue;
      for (let symbol = 0; symbol < SYMBOLS && !isAlive[state]; symbol++) {
        const target = next[state * SYMBOLS + symbol]!;
        if (target >= 0 && isAlive[target]) {
          isAlive[state] = true;
          isChanged = true;
        }
      }
    }
  }
  if (!isAlive[0]) return { accepting: [], next: new Int32Array() };
  let classes = accepting.map((isAccepting, state) => (isAlive[state] ? Number(isAccepting) : -1));
  for (let known = 0; ; ) {
    const numbers = new Map<string, number>();
    const finer = classes.map((old, state) => {
      if (old === -1) return -1;
      let key = `${old}`;
      for (let at = state * SYMBOLS; at < (state + 1) * SYMBOLS; at++)
        key += ` ${next[at]! < 0 ? -1 : classes[next[at]!]}`;
      let number = numbers.get(key);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(key, number);
      }
      return number;
    });
    classes = finer;
    if (numbers.size === known) break;
    known = numbers.size;
  }
  // classes are numbered by their first states, so that class 0 holds state 0
  const size = Math.max(...classes) + 1;
  const joined = { accepting: Array<boolean>(size).fill(false), next: new Int32Array(size * SYMBOLS).fill(-1) };
  classes.forEach((own, state) => {
    if (own === -1) return;
    joined.accepting[own] = accepting[state]!;
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const target = next[state * SYMBOLS + symbol]!;
      joined.next[own * SYMBOLS + symbol] = target < 0 ? -1 : classes[target]!;
    }
  });
  return joined;
}

/** Writes the automaton as rules, one for each state that several others lead to. */
export function numberIr({ accepting, next }: NumberAutomaton, name: string, addRule: AddRule): IrNode {
  if (accepting.length === 0) return NEVER;
  const isShared = sharedStates(accepting.length, next);
  const nodeOf = (state: number): IrNode =>
    isShared[state] === 1 ? addRule(`${name}-n${state}`, () => body(state)) : body(state);
  const body = (state: number): IrNode => {
    const symbols = new Map<number, number[]>();
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const target = next[state * SYMBOLS + symbol]!;
      if (target >= 0) symbols.set(target, [...(symbols.get(target) ?? []), symbol]);
    }
    const options = [...symbols].map(([target, its]) => seq(symbolNode(its), nodeOf(target)));
    return choice(...(accepting[state] ? [EMPTY] : []), ...options);
  };
  return nodeOf(0);
}

/** Which states need a rule: those with several ways in, and for depth's sake every eighth on a way. */
function sharedStates(count: number, next: Int32Array): Uint8Array {
  const ways = new Uint8Array(count);
  const depths = new Uint8Array(count);
  for (let state = 0; state < count; state++) {
    const targets = new Set(next.subarray(state * SYMBOLS, (state + 1) * SYMBOLS));
    for (const target of targets) {
      if (target < 0) continue;
      depths[target] = (depths[state]! + 1) % 8;
      ways[target] = target <= state || ways[target]! > 0 || depths[target] === 0 ? 2 : 1;
    }
  }
  return ways.map((number) => (number > 1 ? 1 : 0));
}

/** The symbols' characters. */
const SPELLINGS: readonly (readonly number[])[] = [
  ...Array.from({ length: 10 }, (_, digit) => [48 + digit]),
  [0x2d],
  [0x2e],
  [0x45, 0x65],
  [0x2b],
];

function symbolNode(symbols: readonly number[]): IrNode {
  const codes = symbols.flatMap((symbol) => SPELLINGS[symbol]!);
  if (codes.length === 1) return text(String.fromCharCode(codes[0]!));
  return chars(unionOf(codes.map((code) => [code, code] as const)));
}
