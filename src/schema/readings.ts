import type { GrammarIr, IrNode } from "./ir.js";
import { forEachRef } from "./measure.js";

/** Most pieces of text that may come next at one place, in any grammar: both engines follow each of them. The native one
 *  gives up at 65,536 (native/grammar/closure.cc), and places that are reached in several ways count more than once there. */
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
    if (node.kind === "seq") node.parts.forEach(visit);
    else if (node.kind === "choice") node.options.forEach(visit);
    else if (node.kind === "repeat") visit(node.node);
    else if (node.kind !== "ref") left--;
  };
  for (const rule of Object.keys(ir.rules)) visit(ir.rules[rule]!);
  return left < 0;
}

/** For each rule the most pieces that may come next at some place of it, as a sum over all ways there. */
class Widths {
  readonly #starts = new Map<string, { readonly width: number; readonly isNullable: boolean }>();
  readonly #widest = new Map<string, number>();

  constructor(ir: GrammarIr) {
    const open = new Set<string>();
    // each rule after those that it needs; by hand, since rules follow each other by the thousand
    for (const root of Object.keys(ir.rules)) {
      const stack = [root];
      while (stack.length > 0) {
        const rule = stack.at(-1)!;
        if (!this.#starts.has(rule) && !open.has(rule)) {
          open.add(rule);
          const node = ir.rules[rule]!;
          forEachRef(node, (needed) => {
            if (!this.#starts.has(needed) && !open.has(needed)) stack.push(needed);
          });
          continue;
        }
        stack.pop();
        if (this.#starts.has(rule)) continue;
        this.#widest.set(rule, 0);
        this.#starts.set(rule, this.#start(ir.rules[rule]!, rule));
      }
    }
  }

  of(rule: string): number {
    return this.#widest.get(rule)!;
  }

  #start(node: IrNode, rule: string): { readonly width: number; readonly isNullable: boolean } {
    const start = this.#startOf(node, rule);
    if (start.width > this.#widest.get(rule)!) this.#widest.set(rule, start.width);
    return start;
  }

  #startOf(node: IrNode, rule: string): { readonly width: number; readonly isNullable: boolean } {
    switch (node.kind) {
      case "text":
      case "chars":
      case "string":
        return { width: 1, isNullable: false };
      case "ref":
        // a rule within itself adds nothing that is not there yet
        return this.#starts.get(node.rule) ?? { width: 0, isNullable: false };
      case "repeat": {
        const { width, isNullable } = this.#start(node.node, rule);
        return { width, isNullable: isNullable || node.min === 0 };
      }
      case "choice": {
        let [width, isNullable] = [0, false];
        for (const option of node.options) {
          const start = this.#start(option, rule);
          width += start.width;
          isNullable ||= start.isNullable;
        }
        return { width, isNullable };
      }
      case "seq": {
        let behind = { width: 0, isNullable: true };
        for (let at = node.parts.length - 1; at >= 0; at--) {
          const { width, isNullable } = this.#start(node.parts[at]!, rule);
          behind = isNullable
            ? { width: width + behind.width, isNullable: behind.isNullable }
            : { width, isNullable: false };
          if (behind.width > this.#widest.get(rule)!) this.#widest.set(rule, behind.width);
        }
        return behind;
      }
    }
  }

  isNullable(rule: string): boolean {
    return this.#starts.get(rule)?.isNullable ?? false;
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
