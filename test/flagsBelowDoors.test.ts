import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { flagOf, flagWords } from "../src/cli/flagWords.js";
import { createProgram } from "../src/cli/program.js";

/** Other programs' flags, and ours in commands that can be copied. */
const OTHERS = ["src/commandLine.ts", "src/models/registryPackage.ts", "src/prompt/renderTemplate.ts"];
const FLAG = /(?:^|[\s(`'"])--[a-z][\w-]*/;

interface Found {
  /** Pieces of text in which a flag stands. */
  readonly flags: string[];
  /** What is called by `option("…")`. */
  readonly options: string[];
}

/** Looks through a source's texts, but for the words of commands. */
function look(path: string, source: string): Found {
  const found: Found = { flags: [], options: [] };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const [name] = node.arguments;
      const callee = node.expression.getText();
      if (callee === "commandFor") return;
      if (/^(?:missingO|o)ption$/.test(callee) && name !== undefined && ts.isStringLiteral(name))
        found.options.push(name.text);
    }
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && FLAG.test(node.text)) found.flags.push(`${path}: ${node.text}`);
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true));
  return found;
}

const sources = globSync("src/**/*.ts");
const lookedAt = new Map(sources.map((path) => [path, look(path, readFileSync(path, "utf8"))]));

describe("messages below the doors", () => {
  it("name no flag: an option is a name and a value, which each door writes as it is given there", () => {
    const below = sources.filter((path) => !path.startsWith("src/cli/") && !OTHERS.includes(path));
    expect(below.length).toBeGreaterThan(200);
    expect(below.flatMap((path) => lookedAt.get(path)?.flags)).toEqual([]);
  });

  it("would be found, in every kind of text", () => {
    const flagsIn = (text: string) => look("x.ts", `say(${text})`).flags.length;
    expect([flagsIn('"give --column NAME"'), flagsIn("'--quiet'"), flagsIn("`(--home)`")]).toEqual([1, 1, 1]);
    expect(flagsIn(`\`\${a} or --model \${b}, --x-y\``)).toBe(2);
    expect(look("x.ts", "const left = --count; // --column").flags).toEqual([]);
    for (const path of OTHERS) expect(lookedAt.get(path)?.flags, path).not.toEqual([]);
  });
});

describe("the options that messages name", () => {
  const program = createProgram();
  const results = program.commands
    .find((one) => one.name() === "jobs")
    ?.commands.find((one) => one.name() === "results");
  const flags = [program, program.commands.find((one) => one.name() === "infer"), results]
    .flatMap((command) => command?.options ?? [])
    .map(({ long }) => long);

  it("have a flag each", () => {
    const named = [...new Set([...lookedAt.values()].flatMap(({ options }) => options))];
    expect(named).toContain("column");
    expect(named.filter((name) => !flags.includes(flagOf(name)))).toEqual([]);
  });

  it("are written as they are typed", () => {
    expect(flagWords({ option: "csvQuotes", value: "relaxed" })).toBe("--csv-quotes relaxed");
    expect(flagWords({ option: "samplingParams", value: { logprobs: true } })).toBe(`--sampling '{"logprobs":true}'`);
    expect(flagWords({ option: "column", value: ["a b", "\n\\"] })).toBe(`--column 'a b' --column '\\n\\\\'`);
    expect(flagWords({ option: "column", placeholder: "NAME" })).toBe("--column NAME");
    expect(flagWords({ option: "includeFinishReason", value: true })).toBe("--include-finish-reason");
  });
});
