import type { GrammarIr, IrNode } from "./ir.js";
import { inDependencyOrder } from "./measure.js";

/** Most pieces of text that may come next at one place, in any grammar: both engines follow each of them. The native one
 *  gives up at 65,536 (native/grammar/states/closure.cc), and places that are reached in several ways count more than once there. */
export const MOST_READINGS = 40_000;

/** A rule where more pieces of text may come next than engines follow; null where there is none.
 *  Judged by what a rule, or a part of it, begins with. */
export function tooWideRule(ir: GrammarIr): string | null {
  if (!hasManyPieces(ir)) return null;
  const widths = new Widths(ir);
  // of rules that begin with each other the inner one, which stands behind
  const wide = Object.keys(ir.rules)
    .reverse()
    .filter((rule) => widths.of(rule) > MOST_READINGS);
  // by the sums alone a piece that is reached in several ways counts as often
  const widest = wide.sort((a, b) => widths.of(b) - widths.of(a)).slice(0, MOST_JUDGED);
  return widest.find((rule) => countBeginnings(ir, widths, rule) > MOST_READINGS) ?? null;
}

const MOST_JUDGED = 4;

/** Whether there are more pieces of text than may come next anywhere: most grammars have so few in all. */
function hasManyPieces(ir: GrammarIr): boolean {
  let left = MOST_READINGS;
  const visit = (node: IrNode): void => {
    if (left < 0) return;
    if (node.kind === "seq") for (const part of node.parts) visit(part);
    else if (node.kind === "choice") for (const option of node.options) visit(option);
    else if (node.kind === "repeat") visit(node.node);
    else if (node.kind !== "ref") left--;
  };
  for (const node of Object.values(ir.rules)) visit(node);
  return left < 0;
}

/** For each rule the most pieces that may come next at some place of it, as a sum over all ways there. */
class Widths {
  /** What each rule may begin with, and whether it may be empty. */
  readonly #starts = new Map<string, number>();
  readonly #nullable = new Set<string>();
  readonly #widest = new Map<string, number>();
  /** The widest place yet of the rule at hand. */
  #most = 0;
  /** Whether the node that was looked at last may be empty. */
  #isNullable = false;

  constructor(ir: GrammarIr) {
    for (const rule of inDependencyOrder(ir)) {
      this.#most = 0;
      this.#starts.set(rule, this.#start(ir.rules[rule]!));
      if (this.#isNullable) this.#nullable.add(rule);
      if (this.#most > MOST_READINGS) this.#widest.set(rule, this.#most);
    }
  }

  /** As many as MOST_READINGS at the least: narrower ones are not told apart. */
  of(rule: string): number {
    return this.#widest.get(rule) ?? MOST_READINGS;
  }

  /** What a node may begin with; says of it also whether it may be empty. */
  #start(node: IrNode): number {
    const width = this.#startOf(node);
    if (width > this.#most) this.#most = width;
    return width;
  }

  #startOf(node: IrNode): number {
    switch (node.kind) {
      case "text":
      case "chars":
      case "string":
        this.#isNullable = false;
        return 1;
      case "ref":
        // a rule within itself adds nothing that is not there yet
        this.#isNullable = this.#nullable.has(node.rule);
        return this.#starts.get(node.rule) ?? 0;
      case "repeat": {
        const width = this.#start(node.node);
        this.#isNullable ||= node.min === 0;
        return width;
      }
      case "choice": {
        let [width, isNullable] = [0, false];
        for (const option of node.options) {
          width += this.#start(option);
          isNullable ||= this.#isNullable;
        }
        this.#isNullable = isNullable;
        return width;
      }
      case "seq": {
        let [width, isNullable] = [0, true];
        for (let at = node.parts.length - 1; at >= 0; at--) {
          const own = this.#start(node.parts[at]!);
          width = this.#isNullable ? own + width : own;
          isNullable &&= this.#isNullable;
          if (width > this.#most) this.#most = width;
        }
        this.#isNullable = isNullable;
        return width;
      }
    }
  }

  isNullable(rule: string): boolean {
    return this.#nullable.has(rule);
  }
}

/** How many different pieces of text a rule, or a part of it, may begin with; each rule is looked at once. */
function countBeginnings(ir: GrammarIr, widths: Widths, rule: string): number {
  let most = 0;
  const isNullable = (node: IrNode): boolean => {
    switch (node.kind) {
      case "ref":
        return widths.isNullable(node.rule);
      case "repeat":
        return node.min === 0 || isNullable(node.node);
      case "choice":
        return node.options.some(isNullable);
      case "seq":
        return node.parts.every(isNullable);
      default:
        return false;
    }
  };
  const countFrom = (first: IrNode): number => {
    let count = 0;
    const met = new Set<string>();
    const work = [first];
    for (let node = work.pop(); node !== undefined && count <= MOST_READINGS; node = work.pop()) {
      if (node.kind === "ref") {
        if (!met.has(node.rule)) work.push(ir.rules[node.rule]!);
        met.add(node.rule);
      } else if (node.kind === "repeat") work.push(node.node);
      else if (node.kind === "choice") for (const option of node.options) work.push(option);
      else if (node.kind === "seq") {
        for (const part of node.parts) {
          work.push(part);
          if (!isNullable(part)) break;
        }
      } else count++;
    }
    return count;
  };
  const visit = (node: IrNode): void => {
    if (most > MOST_READINGS) return;
    if (node.kind === "choice") {
      most = Math.max(most, countFrom(node));
      node.options.forEach(visit);
    } else if (node.kind === "seq") node.parts.forEach(visit);
    else if (node.kind === "repeat") visit(node.node);
    else if (node.kind === "ref") most = Math.max(most, countFrom(node));
  };
  visit(ir.rules[rule]!);
  return most;
}
