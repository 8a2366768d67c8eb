import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IrNode } from "../../../src/grammar/ir.js";
import { isMultiple } from "../../../src/language/numbers/decimal.js";
import {
  compileNumbers,
  isNumberIn,
  type NumberLiteral,
  type NumberReading,
  UnsupportedNumber,
} from "../../../src/language/numbers/numberLanguage.js";
import { numberRules, numbersNode } from "../../../src/schema/writing/numberGrammar.js";
import { accepts } from "../../grammar/grammarTexts.js";

function acceptorOf(literals: readonly NumberLiteral[], reading: NumberReading): (text: string) => boolean {
  const rules: Record<string, IrNode> = { ...numberRules(reading) };
  const addRule = (name: string, make: () => IrNode): IrNode => {
    if (!Object.hasOwn(rules, name)) {
      rules[name] = { kind: "seq", parts: [] };
      rules[name] = make();
    }
    return { kind: "ref", rule: name };
  };
  rules.root = numbersNode(literals, reading, addRule);
  return (text) => accepts({ root: "root", rules }, text);
}

const literal = (kind: NumberLiteral["kind"], value?: number | number[], isNegated = false): NumberLiteral =>
  value === undefined ? { kind, isNegated } : { kind, value, isNegated };

/** Exponents are written down to -307. */
const isNormal = (value: number) => value === 0 || Math.abs(value) > 1e-300;

const bound = fc.oneof(
  fc.constantFrom(
    0,
    1,
    -1,
    10,
    100,
    99.5,
    0.1,
    0.001,
    -0.25,
    1e15,
    2 ** 53 - 1,
    9223372036854776000,
    1e21,
    1e-7,
    123.456,
  ),
  fc.integer({ min: -2000, max: 2000 }),
  fc.double({ noNaN: true, min: -1000, max: 1000 }).filter(isNormal),
);
const literals = fc
  .uniqueArray(
    fc.oneof(
      fc.tuple(fc.constantFrom("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), bound, fc.boolean()),
      fc.tuple(fc.constant("integer"), fc.constant(undefined), fc.boolean()),
      fc.tuple(fc.constant("multipleOf"), fc.constantFrom(1, 2, 5, 7, 8, 10, 60, 0.5, 0.01, 2.5, 0.1), fc.boolean()),
      fc.tuple(fc.constant("values"), fc.array(bound, { minLength: 1, maxLength: 3 }), fc.constant(true)),
    ),
    { minLength: 1, maxLength: 3, selector: ([kind]) => kind },
  )
  .map((list) => list.map(([kind, value, isNegated]) => literal(kind as NumberLiteral["kind"], value, isNegated)));

const digits = (most: number) => fc.string({ unit: fc.constantFrom(..."0123456789", "0", "9"), maxLength: most });
const written = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      fc.constant("0"),
      fc.tuple(fc.constantFrom(..."123456789"), digits(18)).map((parts) => parts.join("")),
    ),
    fc.option(digits(20).filter((text) => text !== "")),
    fc.option(fc.tuple(fc.constantFrom("e", "E"), fc.constantFrom("", "-", "+"), fc.nat(330))),
  )
  .map(([isNegative, whole, fraction, exponent]) =>
    [isNegative ? "-" : "", whole, fraction === null ? "" : `.${fraction}`, ...(exponent ?? [])].join(""),
  );

/** Texts at and around a value, where a mistake would be. */
function around(value: number): string[] {
  const steps = [0, 1, -1, 0.5, 0.01, -0.01, Number.EPSILON * value, -Number.EPSILON * value, value * 9, -value];
  const texts = steps.map((step) => JSON.stringify(value + step));
  const plain =
    Number.isInteger(value) && Math.abs(value) < 1e21 ? [`${value}.0`, `${value}.00000000000000000000001`] : [];
  const nines = value === 1 || value === 10 || value === 100 ? [`${value - 1}.99999999999999999999999`] : [];
  return [...texts, ...plain, ...nines];
}

/** As Python's json.dumps writes a float: exponents from 1e16 and below 1e-4, of two digits at least. */
function asPython(value: number): string {
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-4 && magnitude < 1e16)) return JSON.stringify(value);
  return value.toExponential().replace(/([+-])(\d)$/, "$10$2");
}

describe.each(["intended", "full"] as const)("numbers in the %s reading", (reading) => {
  test("are only written where all that is said of them holds, as a double reads them", () => {
    let hits = 0;
    fc.assert(
      fc.property(literals, fc.array(written, { minLength: 20, maxLength: 20 }), (said, texts) => {
        let accept: (text: string) => boolean;
        try {
          accept = acceptorOf(said, reading);
        } catch (error) {
          if (error instanceof UnsupportedNumber) return;
          throw error;
        }
        const near = said.flatMap(({ value }) =>
          Array.isArray(value) ? value : value === undefined ? [] : [value as number],
        );
        for (const text of [...texts, ...near.flatMap(around)]) {
          if (!accept(text)) continue;
          hits++;
          const value: unknown = JSON.parse(text);
          expect([said, text, Number.isFinite(value) && isNumberIn(said, value as number)]).toEqual([said, text, true]);
        }
      }),
      { numRuns: 100 },
    );
    expect(hits).toBeGreaterThan(100);
  });
});

describe("numbers", () => {
  test("that are forbidden stay so at a bound where doubles end to hold integers", () => {
    const literals = [
      { kind: "minimum", value: 2 ** 53 - 1, isNegated: false },
      { kind: "integer", isNegated: false },
      { kind: "values", value: [2 ** 53 - 1, 0], isNegated: true },
    ] as const;
    const accept = acceptorOf(literals, "intended");
    expect([accept("9007199254740991"), accept("9007199254740992")]).toEqual([false, true]);
  });

  test("can all be written in the full reading, as JavaScript and as Python write them", () => {
    const value = fc.oneof(bound, fc.double({ noNaN: true, min: -1e6, max: 1e6 }).filter(isNormal), fc.integer());
    fc.assert(
      fc.property(literals, fc.array(value, { minLength: 20, maxLength: 20 }), (said, values) => {
        const isExact = said.some(({ kind, isNegated }) => kind === "multipleOf" || (kind === "integer" && isNegated));
        let accept: (text: string) => boolean;
        try {
          accept = acceptorOf(said, "full");
        } catch (error) {
          if (error instanceof UnsupportedNumber) return;
          throw error;
        }
        // beside a bound that is excluded, what 15 digits do not tell from it is not written
        const bounds = said.flatMap(({ value: given }) => (given === undefined ? [] : [given].flat()));
        const isNear = (v: number) => bounds.map(Number).some((b) => v !== b && Math.abs(v - b) < Math.abs(b) * 1e-13);
        for (const one of values.filter((v) => isNumberIn(said, v) && !isNear(v))) {
          const plain = JSON.stringify(one);
          // whether a long or an exponent's number is a multiple is not followed
          if (isExact && (/e/.test(plain) || plain.replace(/\D/g, "").length > 15)) continue;
          expect([said, plain, accept(plain)]).toEqual([said, plain, true]);
          if (!isExact) expect([said, asPython(one), accept(asPython(one))]).toEqual([said, asPython(one), true]);
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each<[string, NumberLiteral[], string[], string[]]>([
    ["integers", [literal("integer")], ["0", "-7", "1.0", "-0", "1e3", "2.5e17"], ["1.5", "01", "1e-3", "1.5e0", "+1"]],
    [
      "from 0 up",
      [literal("minimum", 0)],
      ["0", "-0", "0.0", "1e-7", "1e300", "0.1E5".replace("0.1E5", "1.5E5")],
      ["-1", "-1e-9"],
    ],
    ["more than 0", [literal("exclusiveMinimum", 0)], ["0.1", "5", "1e-300"], ["0", "0.000", "-0", "0e5"]],
    [
      "a 64-bit integer",
      [literal("integer"), literal("maximum", 2 ** 63)],
      ["9223372036854775807", "-1"],
      ["9223372036854776001", "92233720368547758070"],
    ],
    ["prices", [literal("multipleOf", 0.01)], ["0.07", "1.10", "12345.670"], ["0.001", "1.005"]],
    ["no multiples of 0.5", [literal("multipleOf", 0.5, true)], ["0.25", "1.6"], ["1", "1.0", "2.50"]],
    ["multiples of 2000", [literal("multipleOf", 2000)], ["0", "4000", "-2000", "123456000"], ["1000", "2001", "20"]],
    [
      "multiples of 13.5 that are integers",
      [literal("integer"), literal("multipleOf", 13.5)],
      ["27", "-54", "0"],
      ["13.5", "13", "28"],
    ],
    [
      "not 1 nor 2.5",
      [literal("values", [1, 2.5], true)],
      ["-1", "1.5", "2", "25"],
      ["1", "1.0", "1e0", "2.50", "0.99999999999999999999"],
    ],
    [
      "no integers",
      [literal("integer", undefined, true)],
      ["0.5", "1e-7", "0.30000000000000004"],
      ["1", "1.0", "1e5", "0.99999999999999999999", "3.00000000000000000001"],
    ],
    ["one of a list", [literal("values", [1, 0.5, 1e-7])], ["1", "1.0", "0.50", "1e-07", "1E0"], ["2", "0.05"]],
  ])("holds %s exactly", (_, said, right, wrong) => {
    const accept = acceptorOf(said, "full");
    expect(right.filter((text) => !accept(text))).toEqual([]);
    expect(wrong.filter(accept)).toEqual([]);
  });

  test("stay tame in the intended reading", () => {
    const integer = acceptorOf([literal("integer"), literal("minimum", 0)], "intended");
    expect(["0", "7", "123456789012345"].every(integer)).toBe(true);
    expect(["1.0", "1e3", "-0", "1234567890123456", "007"].some(integer)).toBe(false);
    const decimal = acceptorOf([literal("minimum", 0)], "intended");
    expect(["0", "0.5", "1e-7", "1e+21"].every(decimal)).toBe(true);
    expect(["-0", "1e3", "0.5e3", "1e-3"].some(decimal)).toBe(false);
    const far = acceptorOf([literal("integer"), { kind: "maximum", value: 10n ** 18n, isNegated: false }], "intended");
    expect([far("9007199254740993"), far("-9007199254740993")]).toEqual([true, false]);
  });

  test("that no value satisfies are no grammar", () => {
    const contradictions = [
      [literal("minimum", 3), literal("exclusiveMaximum", 3)],
      [literal("integer"), literal("integer", undefined, true)],
    ];
    for (const said of contradictions) {
      expect(compileNumbers(said, "full")).toMatchObject({ kind: "values", values: [] });
      expect(numbersNode(said, "full", (name) => ({ kind: "ref", rule: name }))).toEqual({
        kind: "choice",
        options: [],
      });
    }
  });

  test("are multiples in decimals, not in doubles", () => {
    expect([isMultiple(0.07, 0.01), isMultiple(0.0075, 0.0001), isMultiple(0.00751, 0.0001)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([isMultiple(12391239123, 1e-8), isMultiple(1e308, 0.123456789), isMultiple(-9, 3)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
