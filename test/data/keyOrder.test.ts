import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Field, makeData, RecordBatch, Struct, Table, Utf8, vectorFromArray } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeResults } from "../../src/results/index.js";
import { jsonColumns, LIST, listBatch, resultRow, stream, TABLE, tableBatch } from "../results/fixture.js";
import { writeThrough } from "../results/throughFiles.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);

function write(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

const OBJECT = '{"b":1,"2":1.0,"01":[{"z":0,"1":0,"0":{}}],"10":2,"__proto__":3,"9":4}';

describe("keys that are numbers", () => {
  test.each(["jsonl", "json"])(
    "stand where they were written, from .%s to the prompt and to every text",
    async (ending) => {
      const row = `{"z":"x","in":${OBJECT},"7":${OBJECT}}`;
      const path = write(`keys.${ending}`, ending === "json" ? `[${row}]` : row);
      const { texts, source } = await readAll(path, "in");
      expect(texts).toEqual([OBJECT]);
      expect(source.finalColumns().map(({ name }) => name)).toEqual(["z", "in", "7"]);
      const lines = readFileSync(await writeThrough(path, at("keys-out.jsonl")), "utf8");
      expect(lines).toBe(`${row.slice(0, -1)},"inference_result":"x"}\n`);
      const cell = `"${OBJECT.replaceAll('"', '""')}"`;
      const csv = readFileSync(await writeThrough(path, at("keys-out.csv")), "utf8");
      expect(csv).toBe(`z,in,7,inference_result\nx,${cell},${cell},x\n`);
    },
  );

  test("stand where they were written in any object", async () => {
    const key = fc.oneof(fc.nat(20).map(String), fc.constantFrom("a", "b", "-1", "01", "1e3", "4294967295"));
    const object = fc.uniqueArray(key, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 1, maxLength: 5 }), async (objects) => {
        const texts = objects.map((keys) => `{${keys.map((name, i) => `"${name}":${i}`).join(",")}}`);
        const path = write("any.jsonl", texts.map((text) => `{"v":${text}}`).join("\n"));
        expect((await readAll(path, "v")).texts).toEqual(texts);
      }),
      { numRuns: 100 },
    );
  });

  test("stand where a Map and an Arrow struct have them", async () => {
    const rows = [
      {
        v: new Map<unknown, unknown>([
          ["b", 1],
          [
            2,
            new Map([
              ["x", 1],
              ["0", 2],
            ]),
          ],
        ]),
      },
    ];
    expect((await readAll(rows, "v")).texts).toEqual(['{"b":1,"2":{"x":1,"0":2}}']);
    const words = vectorFromArray(["w"], new Utf8()).data;
    const fields = ["b", "2", "10"].map((name) => new Field(name, new Utf8()));
    const struct = makeData({ type: new Struct(fields), children: [...words, ...words, ...words], length: 1 });
    const table = new Table(new RecordBatch({ v: struct }));
    expect((await readAll(table, "v")).texts).toEqual(['{"b":"w","2":"w","10":"w"}']);
  });

  test("of an output stand in a file as the model wrote them, the last of one that comes twice", async () => {
    const outputs = [OBJECT, '{"b":1,"2":1,"b":3}'];
    const rows = outputs.map((output, i) => resultRow(i, { output }));
    const shape = { ...LIST, unpackJson: true, includeErrors: false };
    await writeResults(stream(listBatch(["a", "b"], rows)), shape, at("outputs.jsonl"));
    const lines = readFileSync(at("outputs.jsonl"), "utf8");
    expect(lines).toBe(`{"inference_result":${OBJECT}}\n{"inference_result":{"b":3,"2":1}}\n`);
    const unpackedColumns = jsonColumns("deep");
    const keyed = { ...TABLE, unpackJson: true, unpackedColumns, includeInputs: false, includeErrors: false };
    const deep = [resultRow(0, { output: `{"deep":${OBJECT}}` })];
    await writeResults(stream(tableBatch([{ id: 1, text: "a" }], deep)), keyed, at("deep.jsonl"));
    expect(readFileSync(at("deep.jsonl"), "utf8")).toBe(`{"deep":${OBJECT}}\n`);
  });

  test("of labels stand in the order of the choices", async () => {
    const rows = [resultRow(0, { output: "5", probabilities: [0.5, 0.25, 0.25] })];
    const shape = { ...LIST, labels: ["5", "1", "3"], includeErrors: false };
    await writeResults(stream(listBatch(["a"], rows)), shape, at("labels.jsonl"));
    expect(readFileSync(at("labels.jsonl"), "utf8")).toContain('"probabilities":{"5":0.5,"1":0.25,"3":0.25}');
    const confidence = [{ path: ["stars"], labels: ["5", "1"] }];
    const judged = [{ ...resultRow(0, { output: '{"stars":5}' }), fieldProbabilities: [[0.75, 0.25]] }];
    await writeResults(
      stream(listBatch(["a"], judged)),
      { ...LIST, confidence, includeErrors: false },
      at("sure.jsonl"),
    );
    expect(readFileSync(at("sure.jsonl"), "utf8")).toContain('"confidence":{"stars":{"5":0.75,"1":0.25}}');
  });
});
