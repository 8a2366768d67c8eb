import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RowTooLongError } from "../../src/engine/local/fitRow.js";
import { InputError, RowmillError } from "../../src/errors.js";
import { PassingError } from "../../src/jobs/passingError.js";
import { SelfReference } from "../../src/schema/conditions/expand.js";
import { DamagedModel } from "../engine/damagedModel.js";
import { Desk } from "./runRowmill.js";
import { HAS_TERMINALS, runInTerminal } from "./terminal.js";

/** What a terminal would obey: a colour, its title, a bell, an erasure in C1, and marks that turn its direction. */
const ORDERS = "\u001b[31mA\u001b]0;R\u0007K\u009b2JE\u202eR\u2066";
const SHOWN_ORDERS = "\\u001b[31mA\\u001b]0;R\\u0007K\\u009b2JE\\u202eR\\u2066";
const MARK = `M${ORDERS}`;
const VISIBLE = `M${SHOWN_ORDERS}`;
/** No argument can hold a NUL, but a file. */
const FILED = `${MARK}\0`;

/** What the program itself steers a terminal with: its bar's line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const OWN = /\x1b\[(?:\?25[lh]|K|J|\d+A)|\r/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const STEERING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

let desk: Desk;
let jobId: string;

const ROWS = ["--column", "text", "--model", "starter"];
const json = (value: unknown) => JSON.stringify(value);

beforeAll(async () => {
  desk = new Desk();
  desk.write("rows.csv", "text\nGood soup.\n");
  desk.write("header.csv", `h${MARK},text\n1,c${MARK}\n`);
  desk.write("keys.jsonl", `${json({ [FILED]: 1, text: "a" })}\n`);
  desk.write("twice.csv", `${MARK},${MARK},text\n1,2,a\n`);
  desk.write("broken.jsonl", `${json({ text: "a" })}\n[\u009b]\n`);
  desk.write("broken.json", "[\u009b]");
  desk.write("keyword.json", json({ type: "object", properties: { a: { [FILED]: 1 } } }));
  desk.write("type.json", json({ type: FILED }));
  desk.write("pattern.json", json({ type: "string", pattern: `(${FILED}` }));
  desk.write("ref.json", json({ $ref: `#/$defs/${FILED}` }));
  desk.write("never.json", json({ properties: { [FILED]: { type: "string", const: 1 } }, required: [FILED] }));
  desk.write("throws.mjs", `throw new Error(${json(FILED)});`);
  desk.write(
    "later.mjs",
    `setTimeout(() => { throw new Error(${json(FILED)}); });\nexport default { then: () => {} };`,
  );
  desk.write("grammar.gbnf", `root ::= ${MARK}`);
  const model = (change: (model: DamagedModel) => void): Buffer => {
    const made = new DamagedModel();
    change(made);
    return made.bytes;
  };
  desk.write(
    "talking.gguf",
    model((made) => made.setChatTemplate(`{# ${FILED} #}`)),
  );
  desk.write(
    "raising.gguf",
    model((made) => made.setChatTemplate(`{{ raise_exception(${json(MARK)}) }}`)),
  );
  desk.write(
    "damaged.gguf",
    model((made) => made.setText("general.architecture", FILED)),
  );
  const { jobId: id } = await desk.json<{ jobId: string }>(
    ...["infer", "header.csv", "--column", "text", "--column", `h${MARK}`, "--model", "starter"],
    ...["--choices", `l${MARK}1,l${MARK}2`, "--name", `n${MARK}`, "--description", `d${MARK}`],
  );
  jobId = id;
});
afterAll(() => desk[Symbol.dispose]());

/** A home of its own with a file in it. */
function homeWith(name: string, file: string, content: string): string {
  const home = join(desk.folder, name);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, file), content);
  return home;
}

interface Door {
  readonly words: () => string[];
  readonly env?: () => NodeJS.ProcessEnv;
  /** What is seen of the text, where that is not all of it. */
  readonly seen?: readonly string[];
}

/** Where text from elsewhere comes in, and the command that shows it. */
const DOORS: Record<string, Door | (() => string[])> = {
  "a header, in an error": () => ["infer", "header.csv", "--column", "nope", "--model", "starter"],
  "a header that stands twice": () => ["infer", "twice.csv", ...ROWS],
  "a key of JSON": () => ["infer", "keys.jsonl", "--column", "nope", "--model", "starter"],
  "a row that is no JSON": { words: () => ["infer", "broken.jsonl", ...ROWS], seen: ["\\u009b"] },
  "a column that was asked for": () => ["infer", "rows.csv", "--column", MARK, "--model", "starter"],
  "a header, a cell, a label and the output's column, in a preview": {
    words: () => [
      ...["infer", "header.csv", "--column", "text", "--column", `h${MARK}`, "--model", "starter"],
      ...["--choices", `l${MARK}1,l${MARK}2`, "--output-column", `o${MARK}`],
    ],
    seen: ["h", "c", "l", "o"].map((letter) => letter + VISIBLE),
  },
  "a file that is not there": () => ["infer", `no${MARK}.csv`, ...ROWS],
  "a file's ending": () => ["infer", `rows.${MARK}`, ...ROWS],
  "a file that is written": () => ["jobs", "results", jobId, "--output", `out${MARK}.csv`],
  "a file that can't be written": () => ["jobs", "results", jobId, "--output", `no${MARK}/out.csv`],
  "a job's name, in the list": { words: () => ["jobs", "list"], seen: [`n${VISIBLE.slice(0, 20)}`] },
  "a job's name and columns, in the list as JSON": {
    words: () => ["jobs", "list", "--json"],
    seen: ["n", "d", "h"].map((letter) => letter + VISIBLE),
  },
  "a job's record": { words: () => ["jobs", "show", jobId], seen: ["n", "d", "h"].map((letter) => letter + VISIBLE) },
  "cells and labels, in results": { words: () => ["jobs", "results", jobId], seen: [`c${VISIBLE}`, `l${VISIBLE}`] },
  "headers and cells, in results as CSV": {
    words: () => ["jobs", "results", jobId, "--format", "csv"],
    seen: [`h${VISIBLE}`, `c${VISIBLE}`],
  },
  "a job's id": () => ["jobs", "show", MARK],
  "a job's id, for its status": () => ["jobs", "status", MARK],
  "a status": () => ["jobs", "list", "--status", MARK],
  "a model's name": () => ["infer", "rows.csv", "--column", "text", "--model", MARK],
  "a model's name, to show": () => ["models", "show", MARK],
  "a model's source": () => ["models", "pull", `hf:${MARK}`],
  "a package's name": () => ["models", "show", `npm:${MARK}`],
  "a model's template": () => ["models", "show", "./talking.gguf"],
  "a model's header": () => ["infer", "rows.csv", "--column", "text", "--model", "./damaged.gguf"],
  "a template's exception": () => ["infer", "rows.csv", "--column", "text", "--model", "./raising.gguf"],
  "a schema that is no JSON": { words: () => ["schema", "check", "broken.json"], seen: ["\\u009b"] },
  "a schema's keyword": () => ["schema", "check", "keyword.json"],
  "a schema's keyword, in a warning": () => ["infer", "rows.csv", ...ROWS, "--schema", "keyword.json", "--dry-run"],
  "a schema's type": () => ["schema", "check", "type.json"],
  "a schema's pattern": () => ["schema", "check", "pattern.json"],
  "a schema's reference": () => ["schema", "check", "ref.json"],
  "a property that nothing satisfies": () => ["schema", "check", "never.json"],
  "a schema's module that throws": () => ["schema", "check", "throws.mjs"],
  "a schema's module that throws where nobody waits for it": () => ["schema", "check", "later.mjs"],
  "a schema that is not there": () => ["schema", "check", `${MARK}.json`],
  "a grammar": { words: () => ["infer", "rows.csv", ...ROWS, "--grammar", "grammar.gbnf"], seen: ["\\u001b"] },
  "an expression": () => ["infer", "rows.csv", ...ROWS, "--regex", `(${MARK}`],
  "a sampling parameter": () => ["infer", "rows.csv", ...ROWS, "--sampling", json({ [MARK]: 1 })],
  "sampling parameters that are no JSON": {
    words: () => ["infer", "rows.csv", ...ROWS, "--sampling", "[\u009b]"],
    seen: ["\\u009b"],
  },
  "a number": () => ["infer", "rows.csv", ...ROWS, "--limit", MARK],
  "an option": () => ["infer", "rows.csv", `--${MARK}`],
  "a command": () => [MARK],
  "a setting": () => ["--home", homeWith("setting", "config.json", json({ [FILED]: 1 })), "jobs", "list"],
  "a setting's value": () => ["--home", homeWith("value", "config.json", json({ engine: FILED })), "doctor"],
  "settings that are no JSON": {
    words: () => ["--home", homeWith("broken", "config.json", "[\u009b]"), "jobs", "list"],
    seen: ["\\u009b"],
  },
  "a catalogue's model": () => {
    const models = [{ name: "house", sources: ["hf:a/b:Q8_0"], licence: FILED }];
    return ["--home", homeWith("models", "models.json", json({ models })), "models", "list"];
  },
  "a catalogue's key": () => {
    const home = homeWith("key", "models.json", json({ models: [], [FILED]: 1 }));
    return ["--home", home, "models", "list"];
  },
  "a home": () => ["--home", homeWith(`home${MARK}`, "x", ""), "doctor"],
  "a home, in the environment": {
    words: () => ["jobs", "show", "job-0000"],
    env: () => ({ ROWMILL_HOME: homeWith(`home${MARK}`, "x", "") }),
  },
  "a home that can't be made": {
    words: () => ["jobs", "list"],
    env: () => ({ ROWMILL_HOME: join(desk.folder, "rows.csv", MARK) }),
  },
  "what the home's runners have written": {
    words: () => ["infer", "rows.csv", ...ROWS, "--choices", "a,b"],
    env: () => {
      const end = `console.error(${json(FILED)}); process.exit(1);`;
      const file = desk.write("noRunner.cjs", `if (process.argv[1]?.endsWith("runner/main.js")) { ${end} }`);
      return { ROWMILL_HOME: homeWith("noRunner", "x", ""), NODE_OPTIONS: `--require ${file}` };
    },
  },
};

describe.runIf(HAS_TERMINALS)("text from elsewhere steers no terminal, and is shown", () => {
  test.for(Object.entries(DOORS))("%s", async ([, given]) => {
    const { words, env, seen = [VISIBLE] }: Door = typeof given === "function" ? { words: given } : given;
    const { shown } = await runInTerminal(desk, words(), { columns: 500, ...(env !== undefined && { env: env() }) });
    const last = JSON.stringify(shown.slice(-3000));
    expect(shown.replace(OWN, ""), last).not.toMatch(STEERING);
    // where a table puts it on several lines
    for (const text of seen) expect(shown.replace(/\s/g, "").includes(text), `${text} in ${last}`).toBe(true);
  });
});

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));
const sources = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name: name.replaceAll("\\", "/"), text: readFileSync(join(SOURCES, name), "utf8") }));

/** The part of each source that an expression finds, without doubles. */
function found(expression: RegExp): string[] {
  return [...new Set(sources.flatMap(({ text }) => [...text.matchAll(expression)].map(([, part]) => part as string)))];
}

describe("what the table above does not show", () => {
  const errors: Record<string, Error> = {
    RowmillError: new RowmillError("ROWMILL_ANY", FILED),
    InputError: new InputError("ROWMILL_ANY", FILED),
    PassingError: new PassingError("ROWMILL_STORE_BUSY", FILED, "a lock", null),
    SelfReference: new SelfReference(FILED),
    RowTooLongError: new RowTooLongError(1, 2),
  };

  test("every error with a code is of a class that makes visible what its message quotes", () => {
    for (const [name, { message }] of Object.entries(errors)) {
      expect(message, name).not.toMatch(STEERING);
      if (name !== "RowTooLongError") expect(message, name).toContain(`${VISIBLE}\\u0000`);
    }
    const ownErrors = "RowmillError|InputError|PassingError|SelfReference|RowTooLongError";
    expect(found(new RegExp(`class (\\w+) extends (?:${ownErrors})\\b`, "g")).sort()).toEqual(
      Object.keys(errors)
        .filter((name) => name !== "RowmillError")
        .sort(),
    );
    for (const thrower of found(/new (\w+)\(\s*"ROWMILL_/g)) expect(Object.keys(errors)).toContain(thrower);
  });

  test("nothing writes to a terminal but the few places that make it visible", () => {
    const writes =
      /\bconsole\.\w+\(|\b(?:stdout|stderr|output|stream)\.write\(|\bwriteWhileRead\(|\bwriteSync\([12],|\.question\(/;
    const places = sources.filter(({ text }) => writes.test(text)).map(({ name }) => name);
    // a new one uses `writeLine`, or makes visible what it writes and has a line in the table above
    const [streams, command, bar, runner] = [
      "lastingStream.ts",
      "cli/output.ts",
      "progress/liveLine.ts",
      "runner/main.ts",
    ];
    const [runnerInProcess, question] = ["runner/link.ts", "cli/door.ts"];
    expect(places.sort()).toEqual([streams, command, bar, runner, runnerInProcess, question].sort());
  });
});
