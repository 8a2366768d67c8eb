import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSchemaOption } from "../../src/cli/schemaInput.js";
import { Desk } from "./runRowmill.js";

const LABEL = { type: "object", properties: { label: { enum: ["good", "bad"] } }, required: ["label"] };

describe("rowmill schema check", () => {
  let desk: Desk;
  beforeAll(() => {
    desk = new Desk();
  });
  afterAll(() => desk[Symbol.dispose]());

  test("says what of a schema is enforced, and how large its outputs get", async () => {
    const file = desk.write("label.json", JSON.stringify({ ...LABEL, additionalProperties: false }));
    const { code, stdout, stderr } = await desk.run("schema", "check", file);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^enforced while generating\n(?: {2}.+\n)*? {2}enum at #\/properties\/label$/m);
    expect(stdout).toMatch(/^checked after generation\n {2}nothing$/m);
    // {"label": "good"}
    expect(stdout).toMatch(/^size\n {2}\d+ rules, longest output 17 bytes$/m);
    const compact = await desk.json<{ longestBytes: number }>("schema", "check", file, "--style", "compact");
    expect(compact).toMatchObject({ longestBytes: 16, checked: [], contradiction: null });
  });

  test("lists what is checked after generation with its place, and annotations", async () => {
    const schema = {
      type: "object",
      properties: {
        tags: { type: "array", items: { type: "string" }, uniqueItems: true },
        at: { type: "string", format: "path" },
      },
      required: ["tags"],
    };
    const { checked, enforced, ignored } = await desk.json<Record<"checked" | "enforced" | "ignored", string[]>>(
      ...["schema", "check", desk.write("tags.json", JSON.stringify(schema))],
    );
    expect(checked).toEqual([expect.stringMatching(/^uniqueItems at #\/properties\/tags/)]);
    expect(enforced).toContain("items at #/properties/tags");
    expect(enforced.join()).not.toContain("uniqueItems");
    expect(ignored).toEqual([expect.stringContaining('format "path"')]);
  });

  test("ends with 1 and the reason for a schema that nothing satisfies", async () => {
    const file = desk.write("never.json", JSON.stringify({ type: "string", const: 1 }));
    const { code, stdout } = await desk.run("schema", "check", file);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^contradictory\n {2}No value satisfies the output schema: .+$/m);
    const json = await desk.run("schema", "check", file, "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ contradiction: expect.stringContaining("No value satisfies") });
  });

  test("names what it takes, for a folder and for TypeScript", async () => {
    const folder = await desk.run("schema", "check", desk.folder);
    expect([folder.code, folder.stderr]).toEqual([2, expect.stringMatching(/: it is a folder; give a file's path/)]);
    const typescript = await desk.run("schema", "check", "order.ts");
    expect([typescript.code, typescript.stderr]).toEqual([
      2,
      expect.stringMatching(/TypeScript is not taken, only JSON and modules \(\.mjs \.js \.cjs\)/),
    ]);
  });

  test("takes the default export of a module", async () => {
    const file = desk.write("label.mjs", `export default ${JSON.stringify(LABEL)};`);
    expect(await desk.json("schema", "check", file)).toMatchObject({ longestBytes: 17 });
    const empty = await desk.run("schema", "check", desk.write("empty.mjs", "export const schema = {};"));
    expect(empty.code).toBe(2);
    expect(empty.stderr).toMatch(/empty\.mjs has no default export: it must be the schema/);
    const promised = desk.write("promised.mjs", `export default Promise.resolve(${JSON.stringify(LABEL)});`);
    expect(await desk.json("schema", "check", promised)).toMatchObject({ longestBytes: 17 });
  });

  test("ends with a line for a module that gives no schema ever", async () => {
    for (const [name, source] of [
      ["awaits.mjs", "await new Promise(() => {}); export default {};"],
      ["promises.mjs", "export default new Promise(() => {});"],
    ] as const) {
      const { code, stderr } = await desk.run("schema", "check", desk.write(name, source));
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/gives no schema: it waits for something that never comes/),
      ]);
    }
  });

  test("gives up waiting for a module that something else keeps alive", async () => {
    const file = desk.write("alive.mjs", "export default new Promise(() => {});");
    const alive = setInterval(() => {}, 1000);
    await expect(readSchemaOption("--schema", file, { waitMs: 20 })).rejects.toThrow(
      /it has not come in 0 seconds of waiting/,
    );
    clearInterval(alive);
  });

  test("stops a module whose code loops for ever, wherever it does", async () => {
    const modules = {
      "loops.mjs": "for (;;);\nexport default {};",
      "waitsAndLoops.mjs": "await null; for (;;);\nexport default {};",
      "loops.cjs": "for (;;);",
      "then.mjs": "export default { then() { for (;;); } };",
      "getter.mjs": 'export default { type: "object", get properties() { for (;;); } };',
      "standard.mjs": 'export default { "~standard": { jsonSchema: { input() { for (;;); } } } };',
    };
    // in a process of its own: what loops there is that process's main thread
    const script = `
      import(process.argv[1]).then(async ({ readSchemaOption }) => {
        for (const file of process.argv.slice(2))
          await readSchemaOption("--schema", file, { computeMs: 300 }).then(
            () => console.log("read"),
            ({ code, message }) => console.log(code, message),
          );
      });`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "-e",
      script,
      fileURLToPath(new URL("../../dist/cli/schemaInput.js", import.meta.url)),
      ...Object.entries(modules).map(([name, source]) => desk.write(name, source)),
    ]);
    expect(stdout.trim().split("\n")).toEqual(
      Object.keys(modules).map((name) =>
        expect.stringMatching(
          `^ROWMILL_INVALID_SCHEMA .*/${name} gives no schema: its code does not end \\(a loop\\): it was stopped`,
        ),
      ),
    );
  });

  test("keeps every digit of a schema's numbers, and says what it was taken out of", async () => {
    const schema =
      '{"name": "r", "schema": {"type": "integer", "minimum": 9223372036854775807, "maximum": 9223372036854775807}}';
    const report = await desk.json<{ longestBytes: number; notes: string[] }>(
      "schema",
      "check",
      desk.write("big.json", schema),
    );
    expect(report).toMatchObject({
      longestBytes: 19,
      notes: [expect.stringMatching(/taken out of OpenAI's response format/)],
    });
  });

  test("a schema that is not looked at has one line, and not another as an annotation", async () => {
    const { notes, ignored } = await desk.json<{ notes: string[]; ignored: string[] }>(
      ...["schema", "check", desk.write("hidden.json", JSON.stringify({ mood: LABEL, other: 1 }))],
    );
    expect(notes).toContainEqual("a schema stands in it at #/mood, which is not looked at");
    expect(ignored).toEqual([expect.stringContaining('"other"')]);
  });

  test("ends with 2 and one line for what is no schema", async () => {
    for (const [file, reason] of [
      [desk.write("wrong.json", '{"type": "strng"}'), /\/type is "strng": it must be one of/],
      [desk.write("broken.json", '{"type": '), /line 1, column 10/],
      [desk.write("throws.mjs", "throw new Error('no');"), /throws\.mjs can't be run: no/],
      ["missing.json", /no such file/],
    ] as const) {
      const { code, stdout, stderr } = await desk.run("schema", "check", file);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(reason);
      expect(stderr.trim()).not.toContain("\n");
    }
  });
});

describe("rowmill infer", () => {
  let desk: Desk;
  beforeAll(() => {
    desk = new Desk();
    desk.write("rows.csv", "text\nThe soup was cold.\nA wonderful tent!\n");
  });
  afterAll(() => desk[Symbol.dispose]());
  const infer = (...words: string[]) =>
    desk.run("infer", "rows.csv", "--column", "text", "--model", "starter", "--quiet", ...words);

  test("writes choices and their probabilities", async () => {
    const { code, stderr } = await infer(
      "--choices",
      "good,bad",
      "--choices",
      '["so, so"]',
      "--label-probabilities",
      "--output",
      "out.jsonl",
    );
    expect([code, stderr]).toEqual([0, ""]);
    const rows = readFileSync(`${desk.folder}/out.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { probabilities: object });
    for (const { probabilities } of rows) expect(Object.keys(probabilities)).toEqual(["good", "bad", "so, so"]);
  });

  test("records how probable each label was, and each token's log-probability", async () => {
    const schema = { type: "object", properties: { ...LABEL.properties, urgent: { type: "boolean" } } };
    const words = ["--schema", JSON.stringify({ ...schema, required: ["label", "urgent"] }), "--confidence"];
    const { code, stderr } = await infer(...words, "--sampling", '{"tokenLogprobs": true}', "--output", "out.csv");
    expect([code, stderr]).toEqual([0, ""]);
    const [header] = readFileSync(`${desk.folder}/out.csv`, "utf8").split("\n");
    expect(header).toBe("text,inference_result,confidence");
    const [job] = JSON.parse((await desk.run("jobs", "list", "--json")).stdout) as { jobId: string }[];
    const printed = await desk.run("jobs", "results", job?.jobId ?? "", "--include-token-logprobs");
    for (const line of printed.stdout.trim().split("\n")) {
      const row = JSON.parse(line) as {
        inference_result: string;
        confidence: Record<string, Record<string, number>>;
        token_logprobs: { token: string; logprob: number }[];
      };
      expect(Object.keys(row.confidence.label ?? {})).toEqual(["good", "bad"]);
      expect(Object.keys(row.confidence.urgent ?? {})).toEqual(["true", "false"]);
      expect(row.token_logprobs.map(({ token }) => token).join("")).toBe(row.inference_result);
      for (const { logprob } of row.token_logprobs) expect(logprob).toBeLessThanOrEqual(0);
    }
    const refused = await infer("--schema", '{"type": "string"}', "--confidence");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(
        /^error: --confidence needs a field that is one of a few scalars .* has none outside arrays/,
      ),
    ]);
  });

  test("takes a grammar from a file, an expression, a style and retries", async () => {
    const grammar = desk.write("answer.gbnf", 'root ::= "yes" | "no"\n');
    const output = ["--output", "out.csv"];
    expect((await infer("--grammar", grammar, ...output)).code).toBe(0);
    expect((await infer("--regex", "[a-c]{3}", "--schema-retries", "0", ...output)).code).toBe(0);
    expect((await infer("--schema", JSON.stringify(LABEL), "--style", "compact", ...output)).code).toBe(0);
    expect(readFileSync(`${desk.folder}/out.csv`, "utf8")).toMatch(/"\{""label"":""(good|bad)""\}"/);
  });

  test("warns that a stop string can cut JSON, and says of a row that it did", async () => {
    const words = ["--sampling", '{"stop": ["}"]}', "--max-failed", "100%", "--json"];
    const { stdout } = await infer("--schema", JSON.stringify(LABEL), ...words);
    expect(stdout).toContain("a stop string (samplingParams.stop) can end an output within its JSON");
    expect(stdout).toContain('the stop string \\"}\\" ended the output before it was complete');
  });

  test("refuses what can't be with one line that says where", async () => {
    for (const [words, reason] of [
      [["--grammar", desk.write("bad.gbnf", 'root ::= "a" |\n  wrod\n')], /line 2, column 3: there is no rule wrod/],
      [["--grammar", "missing.gbnf"], /--grammar missing\.gbnf: no such file/],
      [["--regex", "\\p{L}\\p{Nope}"], /\\p\{Nope\}: Invalid property name at character 6/],
      [["--regex", "(?i:a)"], /Invalid group at character 2/],
      [["--regex", "a\\z"], /Invalid escape at character 2/],
      [["--regex", "("], /regular expression can't be read/],
      [["--choices", "a,a"], /^error: --choices: "a" is given twice/],
      [["--choices", "a,,b"], /^error: --choices: one choice is empty/],
      [["--regex", ""], /^error: --regex must not be empty/],
      [["--choices", "a,b", "--regex", "a"], /--regex and --choices can't stand together/],
      [["--style", "compact"], /--style is about the outputs of --schema/],
    ] as const) {
      const { code, stderr } = await infer(...words);
      expect(code).toBe(2);
      expect(stderr).toMatch(reason);
      expect(stderr.trim()).not.toContain("\n");
    }
  });
});
