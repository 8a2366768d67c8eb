import { tableFromArrays, tableToIPC } from "apache-arrow";
import pl from "nodejs-polars";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/data/index.js";
import {
  checkOutputColumn,
  collectResults,
  eachResult,
  type ResultBatch,
  type ResultRow,
  resultsToArrow,
} from "../../src/results/index.js";
import { jsonColumns, LIST, listBatch, resultRow, stream, TABLE, tableBatch } from "./fixture.js";

const failed = resultRow(1, { error: "row too long" });

/** Of a table none of whose rows has failed. */
const WHOLE = { ...TABLE, includeErrors: false };

describe("results as values", () => {
  test("a list gives one output a row, null for a failed one", async () => {
    const batches = stream(
      listBatch(["a", "b"], [resultRow(0, { output: "A" }), failed]),
      listBatch(["c"], [resultRow(2, { output: "" })]),
    );
    expect(await collectResults(batches, { ...LIST, includeErrors: true })).toEqual(["A", null, ""]);
  });

  test("unpacked, a list gives what the outputs say", async () => {
    const rows = [resultRow(0, { output: '{"label":"x","score":1}' }), resultRow(1, { output: '"bare"' }), failed];
    const shape = { ...LIST, unpackJson: true };
    expect(await collectResults(stream(listBatch(["a", "b", "c"], rows)), shape)).toEqual([
      { label: "x", score: 1 },
      "bare",
      null,
    ]);
  });

  test("unpacking leaves a form's texts as they are, and a grammar's where they are no JSON", async () => {
    const rows = ["007", "1", "good"].map((output, i) => resultRow(i, { output }));
    const collect = (outputIs: "text" | "either") =>
      collectResults(stream(listBatch(["a", "b", "c"], rows)), { ...LIST, unpackJson: true, outputIs });
    expect(await collect("text")).toEqual(["007", "1", "good"]);
    expect(await collect("either")).toEqual(["007", 1, "good"]);
  });

  test("unpacking gives each label's probability a column, all with one beginning where a name is taken", async () => {
    const rows = [resultRow(0, { output: "good", probabilities: [0.75, 0.25] })];
    const shape = { ...WHOLE, unpackJson: true, outputIs: "text", labels: ["good", "bad"] } as const;
    const input = { id: 1, text: "a" };
    const batch = tableBatch([input], rows);
    const names = { probability: 0.75, probability_good: 0.75, probability_bad: 0.25 };
    expect(await collectResults(stream(batch), shape)).toEqual([{ ...input, inference_result: "good", ...names }]);
    const columns = [
      { name: "id", type: "integer" },
      { name: "probability_bad", type: "string" },
    ] as const;
    const [row] = await collectResults(stream(tableBatch([{ id: 1, probability_bad: "x" }], rows)), {
      ...shape,
      columns,
    });
    expect(Object.keys(row as object)).toEqual([
      "id",
      "probability_bad",
      "inference_result",
      ...Object.keys(names).map((name) => `inference_result_${name}`),
    ]);
  });

  test("unpacked integers beyond 2^53 are their digits, at every depth", async () => {
    const rows = [resultRow(0, { output: '{"n":12345678901234567,"more":[-12345678901234567,7]}' })];
    expect(await collectResults(stream(listBatch(["a"], rows)), { ...LIST, unpackJson: true })).toEqual([
      { n: "12345678901234567", more: ["-12345678901234567", 7] },
    ]);
  });

  test("with inputs and log-probabilities a list gives objects, with the error where a row failed", async () => {
    const rows = [resultRow(0, { output: "A", logprob: -0.5 }), failed];
    const shape = { ...LIST, includeInputs: true, includeCumulativeLogprobs: true };
    expect(await collectResults(stream(listBatch(["a", null], rows)), shape)).toEqual([
      { input: "a", inference_result: "A", cumulative_logprob: -0.5, inference_result_error: null },
      { input: null, inference_result: null, cumulative_logprob: null, inference_result_error: "row too long" },
    ]);
  });

  test("labels' probabilities stand in objects like the output's, token log-probabilities in a list", async () => {
    const confidence = [
      { path: ["mood"], labels: ["good", "bad"] },
      { path: ["place", "urgent"], labels: ["true", "false"] },
      { path: ["__proto__"], labels: ["x", "constructor"] },
    ];
    const told = {
      fieldProbabilities: [[0.75, 0.25], null, [0.5, 0.5]],
      tokenLogprobs: {
        bytes: Buffer.from("ab😀"),
        lengths: Uint16Array.of(2, 2, 2),
        logprobs: Float32Array.of(-0.1, 0, -12.25),
      },
    };
    const shape = { ...LIST, confidence, includeTokenLogprobs: true };
    const rows = [{ ...resultRow(0, { output: "A" }), ...told }, failed];
    const [row, none] = (await collectResults(stream(listBatch(["a", "b"], rows)), shape)) as Record<string, unknown>[];
    expect(JSON.stringify(row?.confidence)).toBe(
      '{"mood":{"good":0.75,"bad":0.25},"__proto__":{"x":0.5,"constructor":0.5}}',
    );
    expect(row?.token_logprobs).toEqual([
      { token: "ab", logprob: -0.1 },
      { token: "\ufffd", logprob: 0 },
      { token: "\ufffd\ufffd", logprob: -12.25 },
    ]);
    expect(none).toMatchObject({ confidence: null, token_logprobs: null });
    const whole = { ...shape, confidence: [{ path: [], labels: ["x", "y"] }] };
    const [only] = await collectResults(stream(listBatch(["a"], [rows[0] as ResultRow])), whole);
    expect(only).toMatchObject({ confidence: { x: 0.75, y: 0.25 } });
  });

  test("a table gives its rows with the output column added, and no error column where none failed", async () => {
    const batch = tableBatch(
      [
        { id: 1, text: "a" },
        { id: 2, extra: true },
      ],
      [resultRow(0, { output: "A" }), resultRow(1, { output: "B" })],
    );
    expect(await collectResults(stream(batch), WHOLE)).toEqual([
      { id: 1, text: "a", inference_result: "A" },
      { id: 2, text: null, inference_result: "B" },
    ]);
  });

  test("unpacked objects become a column a key; a key that an input column has gets the output column's name before it", async () => {
    const rows = [
      resultRow(0, { output: '{"label":"x","text":"quoted"}' }),
      resultRow(1, { output: "no json" }),
      resultRow(2, { output: '{"label":"y"}' }),
    ];
    const shape = { ...TABLE, unpackJson: true, unpackedColumns: jsonColumns("label", "text") };
    const inputs = [1, 2, 3].map((id) => ({ id, text: "t" }));
    expect(await collectResults(stream(tableBatch(inputs, rows)), shape)).toEqual([
      { id: 1, text: "t", label: "x", inference_result_text: "quoted", inference_result_error: null },
      {
        id: 2,
        text: "t",
        label: null,
        inference_result_text: null,
        inference_result_error: "the output is not valid JSON: no json",
      },
      { id: 3, text: "t", label: "y", inference_result_text: null, inference_result_error: null },
    ]);
  });

  test("a column named like an object's own method is just a column", async () => {
    const columns = ["__proto__", "constructor"].map((name) => ({ name, type: "string" as const }));
    const inputs = [JSON.parse('{"__proto__":"p"}') as Record<string, unknown>];
    const [row] = await collectResults(stream(tableBatch(inputs, [resultRow(0, { output: "A" })])), {
      ...WHOLE,
      columns,
    });
    expect(Object.entries(row as object)).toEqual([
      ["__proto__", "p"],
      ["constructor", null],
      ["inference_result", "A"],
    ]);
  });

  test("an output column that the input has is refused", () => {
    expect(() => checkOutputColumn(TABLE.columns, "label")).not.toThrow();
    expect(() => checkOutputColumn(TABLE.columns, "text")).toThrowError(
      expect.objectContaining({ code: "ROWMILL_DUPLICATE_COLUMN", exitCode: 2 }),
    );
  });
});

describe("results row by row", () => {
  test("are those that are collected, and a batch is asked for when the one before it is used up", async () => {
    const batches = [0, 1, 2].map((index) =>
      tableBatch([{ id: index, text: "a" }], [resultRow(index, { output: `out ${index}` })]),
    );
    let read = 0;
    let isClosed = false;
    async function* source(): AsyncGenerator<ResultBatch> {
      try {
        for (const batch of batches) {
          read++;
          yield batch;
        }
      } finally {
        isClosed = true;
      }
    }
    const shape = { ...TABLE, includeErrors: true };
    const all = await collectResults(stream(...batches), shape);
    const rows = eachResult(source(), shape);
    expect(read).toBe(0);
    for (const [index, row] of all.entries()) {
      expect(await rows.next()).toEqual({ done: false, value: row });
      expect(read).toBe(index + 1);
    }
    expect(await rows.next()).toEqual({ done: true, value: undefined });
    for await (const row of eachResult(source(), shape)) {
      expect(row).toEqual(all[0]);
      isClosed = false;
      break;
    }
    expect(isClosed).toBe(true);
    expect(read).toBe(batches.length + 1);
  });
});

describe("an output column of a name that is taken", () => {
  const rows = [resultRow(0, { output: '{"label":"x"}' })];
  const table = () => stream(tableBatch([{ id: 1, text: "a" }], rows));
  const refused = { code: "ROWMILL_DUPLICATE_COLUMN", exitCode: 2, message: expect.stringContaining('"text"') };

  test("is refused beside the input's columns, in every form", async () => {
    const shape = { ...TABLE, outputColumn: "text" };
    await expect(collectResults(table(), shape)).rejects.toMatchObject(refused);
    await expect(resultsToArrow(table(), shape)).rejects.toMatchObject(refused);
    const list = { ...LIST, includeInputs: true, outputColumn: "input" };
    await expect(collectResults(stream(listBatch(["a"], rows)), list)).rejects.toMatchObject({
      code: "ROWMILL_DUPLICATE_COLUMN",
    });
  });

  test("is fine where nothing else has it", async () => {
    const shape = { ...WHOLE, outputColumn: "text" };
    expect(await collectResults(table(), { ...shape, includeInputs: false })).toEqual([{ text: '{"label":"x"}' }]);
    expect(
      await collectResults(table(), { ...shape, unpackJson: true, unpackedColumns: jsonColumns("label") }),
    ).toEqual([{ id: 1, text: "a", label: "x" }]);
  });
});

describe("results as an Arrow table", () => {
  async function withOutputs(data: unknown): Promise<{ batches: ResultBatch[]; columns: typeof TABLE.columns }> {
    const source = await openSource(data);
    const batches: ResultBatch[] = [];
    let index = 0;
    for await (const batch of source.batches()) {
      const rows = Array.from({ length: batch.rowCount }, () => resultRow(index, { output: `out ${index++}` }));
      batches.push({ rows, prompts: rows.map(() => null), inputs: batch.encode() });
    }
    return { batches, columns: source.finalColumns() };
  }

  test("the input's exact types stay, over several batches", async () => {
    const ids = Int16Array.from({ length: 4500 }, (_, i) => i - 2000);
    const data = tableFromArrays({ id: ids, seen: Array.from(ids, (id) => new Date(id * 86_400_000)) });
    const { batches, columns } = await withOutputs(data);
    expect(batches.length).toBe(3);
    const table = await resultsToArrow(stream(...batches), { ...WHOLE, columns });
    expect(table.schema.fields.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      "id: Int16",
      `seen: ${data.schema.fields[1]?.type}`,
      "inference_result: Utf8",
    ]);
    expect(table.getChild("id")?.toArray()).toEqual(ids);
    expect(table.getChild("seen")?.get(7)).toEqual(data.getChild("seen")?.get(7));
    expect(table.getChild("inference_result")?.get(4499)).toBe("out 4499");
  });

  test("polars reads what a polars frame became", async () => {
    const frame = pl
      .DataFrame({ id: [1, 2], text: ["a", null], kind: ["x", "y"] })
      .withColumn(pl.col("kind").cast(pl.Categorical));
    const { batches, columns } = await withOutputs(frame);
    const table = await resultsToArrow(stream(...batches), { ...WHOLE, columns });
    const back = pl.readIPCStream(Buffer.from(tableToIPC(table, "stream")));
    expect(back.toRecords()).toEqual([
      { id: 1, text: "a", kind: "x", inference_result: "out 0" },
      { id: 2, text: null, kind: "y", inference_result: "out 1" },
    ]);
  });

  test("row objects get typed columns, unpacked keys the types of the schema", async () => {
    const inputs = [
      { id: 1, text: "a", ok: true, score: 1.5, tags: ["x"] },
      { id: null, text: null },
    ];
    const rows = [resultRow(0, { output: '{"label":"x","n":3,"more":[1]}' }), resultRow(1, { error: "too long" })];
    const table = await resultsToArrow(stream(tableBatch(inputs, rows)), {
      ...TABLE,
      columns: [
        ...TABLE.columns,
        { name: "ok", type: "boolean" },
        { name: "score", type: "number" },
        { name: "tags", type: "json" },
      ],
      unpackJson: true,
      unpackedColumns: [
        { name: "label", type: "string" },
        { name: "n", type: "integer" },
        { name: "more", type: "json" },
      ],
    });
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
      "Int64",
      "Utf8",
      "Bool",
      "Float64",
      "Utf8",
      "Utf8",
      "Int64",
      "Utf8",
      "Utf8",
    ]);
    expect(table.toArray().map((row) => row?.toJSON())).toEqual([
      {
        id: 1n,
        text: "a",
        ok: true,
        score: 1.5,
        tags: '["x"]',
        label: "x",
        n: 3n,
        more: "[1]",
        inference_result_error: null,
      },
      {
        id: null,
        text: null,
        ok: null,
        score: null,
        tags: null,
        label: null,
        n: null,
        more: null,
        inference_result_error: "too long",
      },
    ]);
  });

  test("an integer beyond 64 bits is refused, not wrapped", async () => {
    const shape = { ...TABLE, unpackJson: true, unpackedColumns: [{ name: "n", type: "integer" as const }] };
    for (const integer of ["9223372036854775808", "-9223372036854775809", "9999999999999999999"]) {
      const batch = tableBatch([{ id: 1, text: "a" }], [resultRow(0, { output: `{"n":${integer}}` })]);
      await expect(resultsToArrow(stream(batch), shape)).rejects.toMatchObject({
        code: "ROWMILL_INTEGER_RANGE",
        exitCode: 2,
        message: expect.stringContaining(`"n" holds ${integer}`),
      });
    }
  });

  test("no results still have their columns", async () => {
    const table = await resultsToArrow(stream<ResultBatch>(), WHOLE);
    expect(table.numRows).toBe(0);
    expect(table.schema.fields.map(({ name }) => name)).toEqual(["id", "text", "inference_result"]);
  });
});
