import { InputError, messageOf } from "../errors.js";
import {
  type Dfa,
  isNullable,
  type Pattern,
  parsePattern,
  type Ranges,
  strictRegularExpression,
  UnsupportedPattern,
  wholeAutomaton,
} from "../language/index.js";
import { chars, choice, EMPTY, type GrammarIr, type IrNode, ref, repeat, seq, seqOf } from "./ir.js";
import { pruned } from "./measure.js";
import { unionNode } from "./union.js";

/** Most states of an expression's automaton: each becomes a rule. */
const MOST_STATES = 1500;

/** A grammar of the texts that an ECMA-262 regular expression (flag `u`) matches from beginning to end, so that `^` and `$`
 *  around it change nothing.
 *  @throws {InputError} ROWMILL_INVALID_REGEX, ROWMILL_UNSUPPORTED_REGEX, ROWMILL_UNSATISFIABLE_REGEX */
export function regexGrammar(source: string): GrammarIr {
  const pattern = parsed(source);
  const ir = grammarOf(pattern);
  if (ir === null)
    throw refusal("ROWMILL_UNSUPPORTED_REGEX", `needs more than ${MOST_STATES} states: shorten its repetitions`);
  const kept = pruned(ir.root, new Map(Object.entries(ir.rules)));
  if (kept === null) throw refusal("ROWMILL_UNSATISFIABLE_REGEX", "matches no text");
  return kept;
}

/** Whether a text is an ECMA-262 regular expression with the flag `u`: without that flag \p{Nope} would mean its own letters.
 *  @throws {InputError} ROWMILL_INVALID_REGEX with the place */
export function checkRegex(source: string): void {
  try {
    strictRegularExpression(source);
  } catch (error) {
    throw unreadable(error);
  }
}

function refusal(code: string, reason: string, cause?: unknown): InputError {
  return new InputError(code, `The output's regular expression ${reason}.`, cause === undefined ? {} : { cause });
}

function parsed(source: string): Pattern {
  try {
    return parsePattern(source);
  } catch (error) {
    if (error instanceof UnsupportedPattern) throw unsupported(error);
    throw error instanceof SyntaxError ? unreadable(error) : error;
  }
}

function unreadable(error: unknown): InputError {
  return refusal("ROWMILL_INVALID_REGEX", `can't be read: ${messageOf(error)}`, error);
}

function unsupported(error: UnsupportedPattern): InputError {
  return refusal("ROWMILL_UNSUPPORTED_REGEX", `has ${error.message}, which no automaton can follow`, error);
}

/** The automaton where it is small enough, since one reading at a time is followed faster; else the expression's own shape.
 *  @returns null when neither can be had */
function grammarOf(pattern: Pattern): GrammarIr | null {
  let dfa: Dfa | null;
  try {
    dfa = wholeAutomaton(pattern, MOST_STATES);
  } catch (error) {
    if (error instanceof UnsupportedPattern) throw unsupported(error);
    throw error;
  }
  if (dfa !== null) return automatonGrammar(dfa);
  const rules: Record<string, IrNode> = { root: EMPTY };
  let unions = 0;
  const union: Unite = (options) =>
    unionNode(options, `root-a${++unions}`, (name, make) => {
      rules[name] = make();
      return ref(name);
    });
  const node = shapeOf(pattern, union);
  if (node === null) return null;
  rules.root = node;
  return { root: "root", rules };
}

/** One rule a state: the text ends there, or a character follows and another state. */
function automatonGrammar(dfa: Dfa): GrammarIr {
  const nameOf = (state: number): string => (state === 0 ? "root" : `s${state}`);
  const rules: Record<string, IrNode> = { root: choice() };
  for (let state = 0; state < dfa.stateCount; state++) {
    const targets = new Map<number, (readonly [number, number])[]>();
    for (let at = dfa.offsets[state]!; at < dfa.offsets[state + 1]!; at += 3) {
      const [first, last, target] = dfa.edges.subarray(at, at + 3) as unknown as [number, number, number];
      targets.set(target, [...(targets.get(target) ?? []), [first, last]]);
    }
    const steps = [...targets].map(([target, ranges]: [number, Ranges]) => seq(chars(ranges), ref(nameOf(target))));
    rules[nameOf(state)] = choice(...(dfa.accepting[state] === 1 ? [EMPTY] : []), ...steps);
  }
  return { root: "root", rules };
}

type Unite = (options: readonly IrNode[]) => IrNode;

/** The expression piece by piece.
 *  @param unite  makes a choice
 *  @returns null where it has an assertion, or repeats what may be empty */
function shapeOf(pattern: Pattern, unite: Unite): IrNode | null {
  switch (pattern.kind) {
    case "class":
      return chars(pattern.ranges);
    case "seq": {
      const parts = pattern.parts.map((part) => shapeOf(part, unite));
      return parts.includes(null) ? null : seqOf(parts as IrNode[]);
    }
    case "alt": {
      const options = pattern.options.map((option) => shapeOf(option, unite));
      return options.includes(null) ? null : unite(options as IrNode[]);
    }
    case "repeat": {
      const body = isNullable(pattern.body) ? null : shapeOf(pattern.body, unite);
      const max = Number.isFinite(pattern.max) ? pattern.max : null;
      return body === null ? null : repeat(body, pattern.min, max);
    }
    default:
      return null;
  }
}
