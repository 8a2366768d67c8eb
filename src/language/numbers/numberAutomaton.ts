import { BoundedMemo } from "../boundedMemo.js";
import { PairNumbers } from "../pairNumbers.js";
import { IntegerList, RowNumbers } from "./integerRows.js";
import type { NumberAcceptor, NumberState } from "./numberAcceptors.js";
import { mayEnd, type NumberForms, nextShape, type Role, type Shape, START_SHAPE, SYMBOLS } from "./numberShape.js";

/** A deterministic automaton over the characters of numbers, begun in state 0: the successor of state s by symbol c is
 *  `next[s * SYMBOLS + c]`, -1 for none. No states: no number. */
export interface NumberAutomaton {
  readonly accepting: readonly boolean[];
  readonly next: Int32Array;
}

/** The texts of some forms that all acceptors accept; null when that would need more than `stateLimit` states.
 *  @param onSteps  told what it took: states, each as often as there are acceptors to follow */
export function numberAutomaton(
  forms: NumberForms,
  acceptors: readonly NumberAcceptor[],
  stateLimit: number,
  onSteps: (steps: number) => void = () => {},
): NumberAutomaton | null {
  const shapes = shapesOf(forms);
  const steppers = acceptors.map((acceptor) => new Stepper(acceptor));
  const width = steppers.length + 1;
  // each state is a shape and the acceptors' states, side by side; they are numbered by pairs: the shape with the state of the
  // first acceptor, that pair's number with that of the second, and so on
  const places = new IntegerList();
  const pairs = [...steppers.map(() => new PairNumbers()), new PairNumbers()];
  const target = new Int32Array(width);
  const stateOf = (): number => {
    let number = target[0]!;
    for (let index = 1; index < width; index++) number = pairs[index]!.of(number, target[index]!);
    number = pairs[0]!.of(0, number);
    if (number * width === places.length) for (let index = 0; index < width; index++) places.push(target[index]!);
    return number;
  };
  stateOf();
  const next = new IntegerList();
  const accepting: boolean[] = [];
  for (let state = 0; state * width < places.length; state++) {
    if (state >= stateLimit) {
      onSteps(state * width);
      return null;
    }
    const at = state * width;
    const shape = places.at(at);
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const column = shapes.columns[shape * SYMBOLS + symbol]!;
      let isRight = column >= 0;
      target[0] = shapes.next[shape * SYMBOLS + symbol]!;
      for (let index = 1; isRight && index < width; index++) {
        const reached = steppers[index - 1]!.after(places.at(at + index), column);
        target[index] = reached;
        isRight = reached >= 0;
      }
      next.push(isRight ? stateOf() : -1);
    }
    accepting.push(
      shapes.mayEnd[shape]! && steppers.every((stepper, index) => stepper.accepts(places.at(at + 1 + index))),
    );
  }
  onSteps(accepting.length * width);
  return minimal({ accepting, next: next.all() });
}

/** What a character is, as a number: a role, and for a digit its value. */
const ROLES: readonly { readonly role: Role; readonly digit: number }[] = [
  ...(["whole", "fraction", "exponentDigit"] as const).flatMap((role) =>
    Array.from({ length: 10 }, (_, digit) => ({ role, digit })),
  ),
  ...(["minus", "point", "exponent", "exponentMinus", "exponentPlus"] as const).map((role) => ({ role, digit: 0 })),
];

function columnOf(role: Role, symbol: number): number {
  const digit = symbol < 10 ? symbol : 0;
  return ROLES.findIndex((one) => one.role === role && one.digit === digit);
}

/** An acceptor's states as numbers, each step taken once. */
class Stepper {
  readonly #acceptor: NumberAcceptor;
  readonly #states: NumberState[];
  readonly #indexes = new Map<string, number>();
  readonly #steps: Int32Array[] = [];
  readonly #accepts: boolean[] = [];

  constructor(acceptor: NumberAcceptor) {
    this.#acceptor = acceptor;
    this.#states = [acceptor.start];
    this.#indexes.set(acceptor.start.join(), 0);
  }

  after(state: number, column: number): number {
    this.#steps[state] ??= new Int32Array(ROLES.length).fill(-2);
    const steps = this.#steps[state]!;
    if (steps[column] === -2) steps[column] = this.#step(state, column);
    return steps[column]!;
  }

  #step(state: number, column: number): number {
    const { role, digit } = ROLES[column]!;
    const reached = this.#acceptor.next(this.#states[state]!, role, digit);
    if (reached === null) return -1;
    const key = reached.join();
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#states.length;
      this.#indexes.set(key, index);
      this.#states.push(reached);
    }
    return index;
  }

  accepts(state: number): boolean {
    this.#accepts[state] ??= this.#acceptor.accepts(this.#states[state]!);
    return this.#accepts[state]!;
  }
}

/** The shapes of some forms as numbers: for each shape and symbol the next shape, and what the symbol is (-1: nothing). */
interface Shapes {
  readonly next: readonly number[];
  readonly columns: readonly number[];
  readonly mayEnd: readonly boolean[];
}

/** There are few forms; schemas share them. */
const knownShapes = new BoundedMemo<Shapes>(500_000);

function shapesOf(forms: NumberForms): Shapes {
  return knownShapes.of(
    Object.values(forms).join(),
    () => makeShapes(forms),
    (shapes) => shapes.next.length,
  );
}

function makeShapes(forms: NumberForms): Shapes {
  const shapes: Shape[] = [START_SHAPE];
  const indexes = new Map<string, number>([[Object.values(START_SHAPE).join(), 0]]);
  const next: number[] = [];
  const columns: number[] = [];
  for (const shape of shapes) {
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const step = nextShape(shape, symbol, forms);
      columns.push(step === null ? -1 : columnOf(step.role, symbol));
      if (step === null) {
        next.push(-1);
        continue;
      }
      const key = Object.values(step.shape).join();
      let index = indexes.get(key);
      if (index === undefined) {
        index = shapes.length;
        indexes.set(key, index);
        shapes.push(step.shape);
      }
      next.push(index);
    }
  }
  return { next, columns, mayEnd: shapes.map((shape) => mayEnd(shape, forms)) };
}

/** Joins states that accept the same, from the last ones back, and leaves out those that accept nothing. Numbers are
 *  counted digit by digit, so that hardly any state leads back to an earlier one: those stay as they are. */
function minimal({ accepting, next }: NumberAutomaton): NumberAutomaton {
  const count = accepting.length;
  /** The joined state of each state; -1: accepts nothing, -2: not known yet. */
  const joined = new Int32Array(count).fill(-2);
  const signatures = new RowNumbers(SYMBOLS + 1);
  const rows: { readonly isAccepting: boolean; readonly state: number }[] = [];
  const order = inPostOrder(count, next);
  const isAlive = aliveStates(accepting, next, order);
  for (const state of order) {
    if (!isAlive[state]) {
      joined[state] = -1;
      continue;
    }
    // where each symbol leads to, and whether the state accepts
    const { row } = signatures;
    row[SYMBOLS] = accepting[state] ? 1 : 0;
    let loops = false;
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const target = next[state * SYMBOLS + symbol]!;
      if (target < 0 || !isAlive[target]) row[symbol] = NOWHERE;
      else if (target === state) row[symbol] = ITSELF;
      else if (joined[target]! < 0) loops = true;
      else row[symbol] = joined[target]!;
    }
    const place = loops ? rows.length : signatures.of(rows.length);
    joined[state] = place;
    if (place === rows.length) rows.push({ isAccepting: accepting[state]!, state });
  }
  if (joined[0]! < 0) return { accepting: [], next: new Int32Array() };
  // the start comes last in this order, and first in the automaton's
  const last = joined[0]!;
  const place = (row: number) => last - row;
  const result = {
    accepting: Array<boolean>(last + 1).fill(false),
    next: new Int32Array((last + 1) * SYMBOLS).fill(-1),
  };
  rows.forEach(({ isAccepting, state }, row) => {
    if (row > last) return;
    result.accepting[place(row)] = isAccepting;
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const target = next[state * SYMBOLS + symbol]!;
      const reached = target < 0 ? -1 : joined[target]!;
      result.next[place(row) * SYMBOLS + symbol] = reached < 0 ? -1 : place(reached);
    }
  });
  return result;
}

const NOWHERE = -1;
const ITSELF = -2;

function aliveStates(accepting: readonly boolean[], next: Int32Array, order: readonly number[]): boolean[] {
  const isAlive = accepting.slice();
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const state of order) {
      if (isAlive[state]) continue;
      for (let at = state * SYMBOLS; at < (state + 1) * SYMBOLS && !isAlive[state]; at++) {
        isAlive[state] = next[at]! >= 0 && isAlive[next[at]!]!;
      }
      isChanged ||= isAlive[state]!;
    }
  }
  return isAlive;
}

/** The states so that each comes after those that it leads to, as far as there is no circle. */
function inPostOrder(count: number, next: Int32Array): number[] {
  const order: number[] = [];
  const isSeen = new Uint8Array(count);
  const stack = [0];
  const progress = new Uint8Array(count);
  isSeen[0] = 1;
  while (stack.length > 0) {
    const state = stack.at(-1)!;
    let isDone = true;
    while (progress[state]! < SYMBOLS) {
      const target = next[state * SYMBOLS + progress[state]!++]!;
      if (target < 0 || isSeen[target] === 1) continue;
      isSeen[target] = 1;
      stack.push(target);
      isDone = false;
      break;
    }
    if (isDone) order.push(stack.pop()!);
  }
  return order;
}

/** Which states are a rule of a grammar, written once: those with several ways in, and for depth's sake every eighth on a way.
 *  @returns 1 or 0 for each state */
export function sharedStates({ accepting, next }: NumberAutomaton): Uint8Array {
  const count = accepting.length;
  const ways = new Uint8Array(count);
  const depths = new Uint8Array(count);
  for (let state = 0; state < count; state++) {
    const first = state * SYMBOLS;
    for (let at = first; at < first + SYMBOLS; at++) {
      const target = next[at]!;
      if (target < 0 || isAmong(next, target, first, at)) continue;
      depths[target] = (depths[state]! + 1) % 8;
      ways[target] = target <= state || ways[target]! > 0 || depths[target] === 0 ? 2 : 1;
    }
  }
  return ways.map((number) => (number > 1 ? 1 : 0));
}

function isAmong(values: Int32Array, value: number, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (values[at] === value) return true;
  return false;
}
