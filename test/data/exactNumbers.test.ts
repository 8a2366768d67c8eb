import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeThrough } from "../results/throughFiles.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
const duck = await (await DuckDBInstance.create(":memory:")).connect();

async function askDuck(sql: string): Promise<Record<string, unknown>[]> {
  return (await duck.runAndReadAll(sql)).getRowObjectsJson();
}

function write(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

const TEXTS = [
  ...["0", "-0", "1", "1.0", "-1.50", "1e2", "1E+2", "100", "9007199254740991", "9007199254740993"],
  ...["-9223372036854775809", "18446744073709551616", "1e400", "-1e-400", "0.1234567890123456789", "0.1"],
  ...["5e-324", "123456789012345678901234567890.5", "NaN", "Infinity", "-Infinity"],
];

describe("numbers of JSON", () => {
  test("each keeps its text from the source to the prompt and to JSON Lines, JSON and CSV, alone and nested", async () => {
    for (const extension of ["jsonl", "json"]) {
      const rows = TEXTS.map((text) => `{"n":${text},"in":{"list":[${text}]},"mixed":${text}}`);
      rows.push('{"n":null,"in":null,"mixed":"text"}');
      const path = write(`numbers.${extension}`, extension === "json" ? `[${rows.join(",")}]` : rows.join("\n"));
      expect((await readAll(path, "n")).texts).toEqual([...TEXTS, null]);
      expect((await readAll(path, "in")).texts).toEqual([...TEXTS.map((text) => `{"list":[${text}]}`), null]);
      const lines = readFileSync(await writeThrough(path, at("numbers-out.jsonl")), "utf8");
      expect(lines).toBe(rows.map((row) => `${row.slice(0, -1)},"inference_result":"x"}\n`).join(""));
      const array = readFileSync(await writeThrough(path, at("numbers-out.json")), "utf8");
      expect(array).toBe(`[\n${lines.trimEnd().replaceAll("\n", ",\n")}\n]\n`);
      const csv = readFileSync(await writeThrough(path, at("numbers-out.csv")), "utf8");
      const field = (text: string) => `${text},"{""list"":[${text}]}",${text},x`;
      expect(csv.trimEnd().split("\n").slice(1)).toEqual([...TEXTS.map(field), ",,text,x"]);
    }
  });

  test("any number that JSON can write comes back with its text", async () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,30})$/);
    const fraction = fc.option(fc.stringMatching(/^\.\d{1,25}$/), { nil: "" });
    const exponent = fc.option(fc.stringMatching(/^[eE][+-]?\d{1,3}$/), { nil: "" });
    const number = fc.tuple(fc.constantFrom("", "-"), digits, fraction, exponent).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 20 }), async (texts) => {
        const path = write("any.jsonl", texts.map((text) => `{"n":${text}}`).join("\n"));
        expect((await readAll(path, "n")).texts).toEqual(texts);
        const lines = readFileSync(await writeThrough(path, at("any-out.jsonl")), "utf8");
        expect(lines).toBe(texts.map((text) => `{"n":${text},"inference_result":"x"}\n`).join(""));
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [["1", "9223372036854775807", "-9223372036854775808"], "BIGINT"],
    [["1", "9223372036854775808"], "UBIGINT"],
    [["0", "18446744073709551615"], "UBIGINT"],
    [["-1", "9223372036854775808"], "DECIMAL(19,0)"],
    [["1", "18446744073709551616"], "DECIMAL(20,0)"],
    [["-1", `1${"0".repeat(37)}`], "DECIMAL(38,0)"],
    [["-1", `1${"0".repeat(38)}`], "VARCHAR"],
    [["1.5", "-2", "0.10000000000000001"], "DOUBLE"],
    [["1.0", "2.0"], "DOUBLE"],
    [["1.5", "9007199254740993"], "DECIMAL(17,1)"],
    [["0.1234567890123456789", "-12.5"], "DECIMAL(21,19)"],
    [["1e400", "1"], "VARCHAR"],
    [["NaN", "-Infinity", "1"], "DOUBLE"],
    [["NaN", "0.1234567890123456789"], "VARCHAR"],
  ])("%j in one column are a Parquet file's %s, each the number it was", async (texts, type) => {
    const path = write("typed.jsonl", texts.map((text) => `{"n":${text}}`).join("\n"));
    const parquet = await writeThrough(path, at("typed.parquet"));
    const kept = await askDuck(`select typeof(n) as type, n::varchar as n from '${parquet}'`);
    expect(kept.map((row) => row.type)).toEqual(texts.map(() => type));
    if (type === "VARCHAR") expect(kept.map(({ n }) => n)).toEqual(texts);
    for (const [i, text] of texts.entries()) {
      const wanted = /^-?[NI]/.test(text) ? `'${text}'::double` : type === "DOUBLE" ? `${text}::double` : `${text}`;
      if (type === "VARCHAR") continue;
      const [same] = await askDuck(
        `select '${String(kept[i]?.n)}'::${type} is not distinct from (${wanted})::${type} as same`,
      );
      expect(same).toEqual({ same: true });
    }
    // and back through our own reader
    expect((await readAll(parquet)).rows.length).toBe(texts.length);
  });

  test("in JavaScript a number that no double holds is its text, and every other a number", async () => {
    const path = write("js.jsonl", TEXTS.map((text) => `{"n":${text}}`).join("\n"));
    const numbers = (await readAll(path)).rows.map(({ n }) => n);
    const integers = ["9007199254740993", "-9223372036854775809", "18446744073709551616"];
    const others = ["1e400", "-1e-400", "0.1234567890123456789", "123456789012345678901234567890.5"];
    const texts = [...integers, ...others];
    expect(numbers).toEqual(TEXTS.map((text) => (texts.includes(text) ? text : Number(text))));
  });
});

describe("JSON that would lose something", () => {
  test.each([
    ["a key twice", '{"a":1,"b":{"c":1,"c":1}}', "an object has a key twice"],
    [
      "a hundred thousand levels",
      `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      "nested deeper than 1000 levels",
    ],
    ["a hundred thousand levels that never close", `{"a":${"[".repeat(100_000)}`, "nested deeper than 1000 levels"],
    ["a leading zero", '{"a":01}', '"," or "}" must stand here, not "1"'],
    ["a word", '{"a":nan}', "a value must stand here"],
    ["a bare line break in a text", '{"a":"\t"}', "bare control character"],
  ])("%s is refused with its line, or its row of an array", async (_, row, reason) => {
    for (const [path, place] of [
      [write("refused.jsonl", `{"a":1}\n${row}\n`), "line 2"],
      [write("refused.json", `[{"a":1},${row}]`), "row 2"],
    ] as const) {
      // an array whose brackets never close ends with its file
      const isOpen = place === "row 2" && !row.endsWith("}");
      await expect(readAll(path)).rejects.toMatchObject({
        code: "ROWMILL_UNREADABLE",
        message: expect.stringContaining(isOpen ? "the array never ends" : `${path} ${place} is not valid JSON: `),
      });
      if (!isOpen) await expect(readAll(path)).rejects.toThrow(reason);
    }
  });

  test("a thousand levels are read, and written again", async () => {
    const deep = `{"a":${"[".repeat(999)}1.0${"]".repeat(999)}`;
    const path = write("deep.jsonl", `${deep}}\n`);
    expect(readFileSync(await writeThrough(path, at("deep-out.jsonl")), "utf8")).toBe(
      `${deep},"inference_result":"x"}\n`,
    );
  });

  test("a key __proto__ is a column like others", async () => {
    for (const path of [write("proto.jsonl", '{"__proto__":1.0}'), write("proto.json", '[{"__proto__":1.0}]')]) {
      expect((await readAll(path, "__proto__")).texts).toEqual(["1.0"]);
    }
  });

  test("an array is refused where something stands behind it, where a row is missing, and where it never ends", async () => {
    for (const [text, reason] of [
      ['[{"a":1}]x', "something stands behind the array"],
      ['[{"a":1},]', "nothing stands where row 2 is to be"],
      ['[,{"a":1}]', "nothing stands where row 1 is to be"],
      ['[{"a":"]"}', "the array never ends, the file does after row 0"],
      ['[{"a":1}}]', "row 1 is not valid JSON"],
    ] as const)
      await expect(readAll(write("array.json", text))).rejects.toMatchObject({
        code: "ROWMILL_UNREADABLE",
        message: expect.stringContaining(reason),
      });
  });
});

describe("rows given as objects", () => {
  const cycle: Record<string, unknown> = { a: 1 };
  cycle.self = { cycle };
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const thrower = {
    get a() {
      throw new TypeError("not today");
    },
  };
  const proxy = new Proxy(
    {},
    {
      ownKeys() {
        throw new RangeError("no keys");
      },
    },
  );

  test.each([
    ["within itself", cycle, "nested deeper than 1000 levels, or within itself"],
    ["a hundred thousand levels deep", { deep }, "nested deeper than 1000 levels, or within itself"],
    ["with a getter that throws", thrower, "not today"],
    ["as a proxy that throws", proxy, "no keys"],
    ["as a proxy that is revoked", revoked.proxy, "revoked"],
    ["with a toJSON of its own that never ends", { a: { toJSON: () => deep } }, "nested deeper"],
  ])("a row %s is an InputError with its number", async (_, row, reason) => {
    for (const rows of [[{ a: 1 }, row], [row]]) {
      await expect(readAll(rows)).rejects.toMatchObject({
        name: "InputError",
        code: "ROWMILL_UNREADABLE",
        exitCode: 2,
        message: expect.stringMatching(new RegExp(`^Row ${rows.length} can't be read: .*${reason}`)),
      });
    }
  });

  test("-0, NaN and bigints are kept as they are", async () => {
    const rows = [{ zero: -0, not: Number.NaN, big: 2n ** 70n }];
    expect((await readAll(rows, "zero")).texts).toEqual(["-0"]);
    expect(readFileSync(await writeThrough(rows, at("objects.jsonl")), "utf8")).toBe(
      '{"zero":-0,"not":NaN,"big":1180591620717411303424,"inference_result":"x"}\n',
    );
  });
});
