import { describe, expect, test } from "vitest";
import { parseExact, stringifyExact } from "../../src/exactNumbers.js";
import { compileSchema } from "../../src/schema/index.js";
import { accepted } from "./accepted.js";
import { refusal } from "./refusal.js";

const INT64 = { low: "-9223372036854775808", high: "9223372036854775807" };

describe("a schema's numbers beyond 2^53", () => {
  test("are read and written with every digit", () => {
    for (const numeral of [INT64.low, INT64.high, "9007199254740993", "18446744073709551615", "9223372036854775808"]) {
      const text = `{"maximum":${numeral},"enum":["${numeral}",[${numeral}]]}`;
      expect(stringifyExact(parseExact(text))).toBe(text);
    }
    expect(parseExact("[1, 1.5, 0.1, -0, 1e-7, 9007199254740991, 9007199254740992, 3.4028234663852886e38]")).toEqual([
      1, 1.5, 0.1, -0, 1e-7, 9007199254740991, 9007199254740992, 3.4028234663852886e38,
    ]);
  });

  test.each<[string, string, string[], string[]]>([
    [
      "int64's limits",
      `{"type": "integer", "minimum": ${INT64.low}, "maximum": ${INT64.high}}`,
      ["0", INT64.low, INT64.high, "9007199254740993"],
      ["9223372036854775808", "-9223372036854775809", "9223372036854776000"],
    ],
    [
      "the last eight int64",
      `{"type": "integer", "minimum": 9223372036854775800, "maximum": ${INT64.high}}`,
      ["9223372036854775800", "9223372036854775803", INT64.high],
      ["9223372036854775799", "9223372036854775808", "9223372036854776000"],
    ],
    [
      "an exclusive bound",
      '{"type": "integer", "exclusiveMinimum": 9007199254740992, "exclusiveMaximum": 9007199254740995}',
      ["9007199254740993", "9007199254740994"],
      ["9007199254740992", "9007199254740995"],
    ],
    ["a constant", '{"const": 9007199254740993}', ["9007199254740993"], ["9007199254740992", "9007199254740994"]],
    [
      "a list of neighbours",
      '{"enum": [1234567890123456789, 1234567890123456790, "a"]}',
      ["1234567890123456789", "1234567890123456790", '"a"'],
      ["1234567890123456788", "1234567890123456800"],
    ],
    [
      "what is not a value",
      '{"type": "integer", "minimum": 9007199254740990, "maximum": 9007199254740996, "not": {"const": 9007199254740993}}',
      ["9007199254740992", "9007199254740994"],
      ["9007199254740993"],
    ],
    [
      "numbers that need not be whole",
      `{"type": "number", "minimum": 9223372036854775806, "maximum": ${INT64.high}}`,
      [INT64.high, "9223372036854775806.5"],
      ["9223372036854775807.5", "9223372036854775805.9"],
    ],
  ])("%s hold exactly in the grammar and in the check", (_, schema, valid, invalid) => {
    const { validateText } = compileSchema(parseExact(schema));
    expect(accepted(parseExact(schema), [...valid, ...invalid])).toEqual(valid);
    expect(valid.map(validateText)).toEqual(valid.map(() => null));
    expect(invalid.filter((text) => validateText(text) === null)).toEqual([]);
  });

  test("are told apart by the check where no grammar holds the condition", () => {
    const { checked, validateText } = compileSchema({ type: "array", items: { type: "integer" }, uniqueItems: true });
    expect(checked).toEqual(["uniqueItems at #"]);
    expect(validateText("[9007199254740993, 9007199254740992]")).toBeNull();
    expect(validateText("[9007199254740993, 9007199254740993]")).toMatch(/duplicate/);
  });

  test("are named with their digits where the check finds them wrong", () => {
    const { validateText } = compileSchema(parseExact(`{"properties": {"id": {"maximum": ${INT64.high}}}}`));
    expect(validateText('{"id": 9223372036854775808}')).toBe(`/id must be <= ${INT64.high}`);
  });

  test("may be bigints", () => {
    const schema = { type: "integer", minimum: 9223372036854775800n, maximum: 9223372036854775807n };
    expect(accepted(schema, ["9223372036854775807", "9223372036854775808"])).toEqual(["9223372036854775807"]);
  });

  test("are refused with their place where JavaScript may have rounded them, or holds too few digits", () => {
    expect(refusal({ properties: { id: { type: "integer", maximum: 2 ** 63 } } }).message).toBe(
      "The output schema has 9223372036854775808 at #/properties/id/maximum, an integer beyond 2^53 that JavaScript may have rounded: give it as a bigint (9223372036854775808n), or the schema as a file to the command line.",
    );
    expect(refusal({ enum: [2 ** 63] }).message).toContain("at #/enum/0");
    expect(refusal(parseExact('{"items": {"minimum": 0.12345678901234567890}}')).message).toContain(
      "has 0.12345678901234567890 at #/items/minimum",
    );
    expect(refusal(parseExact('{"minimum": 1e5000}')).message).toContain("has 1e5000 at #/minimum");
  });

  test("as lengths stand for no bound", () => {
    const { validateText } = compileSchema(parseExact('{"type": "string", "maxLength": 9223372036854775807}'));
    expect(validateText('"abc"')).toBeNull();
  });

  test("are labels of their own", () => {
    const { labelFields } = compileSchema(parseExact('{"enum": [9007199254740992, 9007199254740993]}'));
    expect(labelFields()[0]?.labels.map(({ name }) => name)).toEqual(["9007199254740992", "9007199254740993"]);
  });
});

test("a whole number is written without fraction or exponent", () => {
  expect(accepted({ const: 1e21 }, ["1e+21", "1000000000000000000000", "1000000000000000000000.0"])).toEqual([
    "1000000000000000000000",
  ]);
  expect(
    accepted({ $schema: "http://json-schema.org/draft-04/schema#", type: "integer" }, ["12345", "12345.0", "1e3"]),
  ).toEqual(["12345"]);
});
