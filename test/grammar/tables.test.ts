import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  charsOf,
  choice,
  EMPTY,
  type GrammarIr,
  type IrNode,
  NEVER,
  ref,
  repeat,
  seq,
  text,
} from "../../src/grammar/ir.js";
import { emitTables } from "../../src/grammar/tables.js";
import { DfaBuilder, EMPTY_DFA } from "../../src/language/automata/dfa.js";

/** What the tables say, read as native/grammar reads them; sequences and choices of one part are not unwrapped. */
function decode(tables: Uint32Array) {
  const [magic, ruleCount, root, automatonCount] = tables as unknown as [number, number, number, number];
  expect(magic).toBe(0x31474d52);
  expect(Buffer.from(tables.buffer, 0, 4).toString()).toBe("RMG1");
  const offset = (index: number) => tables[4 + index]!;
  const node = (at: number): { node: unknown; end: number } => {
    const [kind, count, max] = tables.slice(at, at + 3) as unknown as [number, number, number];
    if (kind === 0) {
      const words = Math.ceil(count / 4);
      const bytes = Buffer.from(tables.slice(at + 2, at + 2 + words).buffer);
      expect(bytes.subarray(count).every((byte) => byte === 0)).toBe(true);
      return { node: { text: bytes.subarray(0, count).toString() }, end: at + 2 + words };
    }
    if (kind === 1) return { node: { chars: [...tables.slice(at + 2, at + 2 + 2 * count)] }, end: at + 2 + 2 * count };
    if (kind === 2 || kind === 3) {
      const parts: unknown[] = [];
      let next = at + 2;
      for (let index = 0; index < count; index++) {
        const part = node(next);
        parts.push(part.node);
        next = part.end;
      }
      return { node: kind === 2 ? { seq: parts } : { choice: parts }, end: next };
    }
    if (kind === 4) {
      const body = node(at + 3);
      return { node: { repeat: body.node, min: count, max }, end: body.end };
    }
    if (kind === 5) return { node: { ref: count }, end: at + 2 };
    if (kind === 6) return { node: { automaton: count }, end: at + 2 };
    expect(kind).toBe(7);
    return { node: { length: [count, max] }, end: at + 3 };
  };
  const rules = Array.from({ length: ruleCount }, (_, index) => node(offset(index)));
  rules.forEach(({ end }, index) => {
    if (index + 1 < ruleCount) expect(end).toBe(offset(index + 1));
    else if (automatonCount > 0) expect(end).toBe(offset(ruleCount));
    else expect(end).toBe(tables.length);
  });
  const automata = Array.from({ length: automatonCount }, (_, index) => {
    const start = offset(ruleCount + index);
    return Array.from({ length: tables[start]! }, (_, state) => {
      const at = start + tables[start + 1 + state]!;
      const count = tables[at + 1]!;
      return { accepting: tables[at], edges: [...tables.slice(at + 2, at + 2 + 3 * count)] };
    });
  });
  return { root, rules: rules.map((rule) => rule.node), automata };
}

function expected(node: IrNode, names: readonly string[]): unknown {
  switch (node.kind) {
    case "text":
      return { text: node.text };
    case "chars":
      return { chars: node.ranges.flat() };
    case "seq":
      return { seq: node.parts.map((part) => expected(part, names)) };
    case "choice":
      return { choice: node.options.map((option) => expected(option, names)) };
    case "repeat":
      return { repeat: expected(node.node, names), min: node.min, max: node.max ?? 0xffffffff };
    case "ref":
      return { ref: names.indexOf(node.rule) };
    case "string":
      return { length: [node.content.min, node.content.max ?? 0xffffffff] };
  }
}

const { node } = fc.letrec<{ node: IrNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "grapheme" }).map((value): IrNode => ({ kind: "text", text: value })),
    fc.constantFrom(EMPTY, NEVER, ref("a"), ref("root"), charsOf("az", "09", "é")),
    fc
      .tuple(fc.nat(5), fc.option(fc.nat(9)))
      .map(([min, max]): IrNode => ({ kind: "string", content: { automaton: null, min, max } })),
    fc.array(tie("node"), { maxLength: 4 }).map((parts) => seq(...parts)),
    fc.array(tie("node"), { maxLength: 4 }).map((options) => choice(...options)),
    fc
      .tuple(tie("node"), fc.nat(3), fc.option(fc.integer({ min: 3, max: 9 })))
      .map(([one, min, max]) => repeat(one, min, max)),
  ),
}));

describe("a grammar's tables", () => {
  test("say what the grammar says, whatever it is", () => {
    fc.assert(
      fc.property(node, node, (first, second) => {
        const ir: GrammarIr = { root: "root", rules: { a: first, root: second } };
        const { root, rules, automata } = decode(emitTables(ir));
        expect(root).toBe(1);
        expect(rules).toEqual([expected(first, ["a", "root"]), expected(second, ["a", "root"])]);
        expect(automata).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("hold each automaton once, with its states and edges", () => {
    const builder = new DfaBuilder();
    builder.edge(0x61, 0x7a, 1);
    builder.edge(0x1f600, 0x1f600, 0);
    builder.endState(false);
    builder.edge(0x61, 0x61, 1);
    builder.edge(0x62, 0x7a, 1);
    builder.endState(true);
    const string: IrNode = { kind: "string", content: { automaton: builder.build(), min: 0, max: null } };
    const never: IrNode = { kind: "string", content: { automaton: EMPTY_DFA, min: 0, max: null } };
    const ir: GrammarIr = { root: "root", rules: { root: seq(string, text("!"), string), a: choice(string, never) } };
    expect(decode(emitTables(ir))).toEqual({
      root: 0,
      rules: [
        { seq: [{ automaton: 0 }, { text: "!" }, { automaton: 0 }] },
        { choice: [{ automaton: 0 }, { choice: [] }] },
      ],
      automata: [
        [
          { accepting: 0, edges: [0x61, 0x7a, 1, 0x1f600, 0x1f600, 0] },
          { accepting: 1, edges: [0x61, 0x7a, 1] },
        ],
      ],
    });
  });

  test("are not written of a grammar with a rule missing", () => {
    expect(() => emitTables({ root: "root", rules: { root: ref("gone") } })).toThrow("gone");
  });
});
