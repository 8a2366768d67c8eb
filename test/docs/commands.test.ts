import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { endRunner } from "../endRunner.js";
import { removeFolder } from "../removeFolder.js";
import { blocksOf, PAGES, proseOf, readPage } from "./pages.js";

const program = createProgram();
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
/** Flags of other programs that pages name. */
const FOREIGN = ["--omit", "--seconds"];
/** Files that a page has its reader make. */
const PLACED_BY_READER = ["first.mjs"];

/** The command that the words behind `rowmill` call, null where there is none. */
function commandOf(words: readonly string[]): Command | null {
  let command: Command = program;
  for (const word of words.filter((one) => !one.startsWith("-"))) {
    const found = command.commands.find((one) => one.name() === word);
    if (found === undefined) break;
    command = found;
  }
  return command === program ? null : command;
}

const flagsOf = (command: Command): (string | undefined)[] => command.options.map(({ long }) => long);

/** What is wrong with a line of a shell, as far as it calls Rowmill. */
function mistakesIn(line: string): string[] {
  const bare = line.replaceAll(/'[^']*'|"[^"]*"/g, "TEXT").replace(/\s#.*$/, "");
  return [...bare.matchAll(/\browmill ([^|;&)]*)/g)].flatMap(([, rest = ""]) => {
    const words = rest.trim().split(/\s+/);
    const command = commandOf(words);
    if (command === null) return [`no command: ${line}`];
    const known = [...flagsOf(command), ...flagsOf(program), "--help"];
    return words.filter((word) => word.startsWith("--") && !known.includes(word)).map((word) => `${word}: ${line}`);
  });
}

describe.for(PAGES)("%s", (path) => {
  const page = readPage(path);
  const lines = blocksOf(page, "sh").flatMap((block) => block.split("\n"));

  it("has commands and flags that there are", () => {
    expect(lines.flatMap(mistakesIn)).toEqual([]);
  });

  it("names scripts of package.json that there are", () => {
    const named = [...page.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const run = [...page.matchAll(/npm run example -- (\w+)/g)].map(([, name]) => `examples/${name}.ts`);
    expect(run.filter((file) => !existsSync(file))).toEqual([]);
  });

  it("names files of the source that there are", () => {
    const quoted = [...proseOf(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, text = ""]) => text.split(" "));
    const files = quoted.filter(
      (text) => /^(?:\.\/)?[\w/-]+\.(?:ts|mjs|cjs|h|cc|sh)$/.test(text) && !PLACED_BY_READER.includes(text),
    );
    // docs name what lies in src/ without it
    const isThere = (file: string) => ["", "src/"].some((folder) => existsSync(folder + file));
    expect(files.filter((file) => !isThere(file))).toEqual([]);
  });

  it("reads files of examples/ that there are", () => {
    const files = lines.flatMap((line) => line.match(/\bexamples\/[\w.-]+/g) ?? []);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

const USERS = PAGES.filter((path) => /README|data|structured-output|reproducibility|operating/.test(path));
it.for(USERS)("%s names only flags that there are", (path) => {
  const all = (command: Command): (string | undefined)[] => [...flagsOf(command), ...command.commands.flatMap(all)];
  const known = new Set([...all(program), "--help", ...FOREIGN]);
  const quoted = [...proseOf(readPage(path)).matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
  const flags = quoted.flatMap((text) => text.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? []);
  expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
});

describe("the README's program and commands run as printed", () => {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-readme-"));
  const page = readPage("README.md");

  beforeAll(() => {
    mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
    symlinkSync(resolve("."), join(folder, "node_modules/rowmill"));
    symlinkSync("../rowmill/dist/cli/main.js", join(folder, "node_modules/.bin/rowmill"));
    symlinkSync(resolve("examples"), join(folder, "examples"));
    mkdirSync(join(folder, "home"), { mode: 0o700 });
  });
  afterAll(() => {
    endRunner(join(folder, "home"));
    removeFolder(folder);
  });

  function runInShell(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { ...process.env, ROWMILL_HOME: join(folder, "home"), NO_COLOR: "1" };
    return new Promise((done) => {
      execFile("sh", ["-e", "-c", script], { cwd: folder, env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
    });
  }

  it("the smallest program gives a sentiment for each text", async () => {
    writeFileSync(join(folder, "first.mjs"), blocksOf(page, "ts")[0] ?? "");
    const [block = ""] = blocksOf(page, "sh").filter((one) => one.includes("first.mjs"));
    const { code, stdout, stderr } = await runInShell(block);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/positive|negative|neutral/g)).toHaveLength(2);
  });

  it("the commands in the shell write their files", async () => {
    const blocks = blocksOf(page, "sh").filter((one) => one.includes("npx rowmill"));
    expect(blocks.length).toBeGreaterThan(1);
    // a download needs a network
    const script = blocks.join("\n").replace(/^.*models pull.*$/m, "");
    const { code, stderr } = await runInShell(script);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const written = script.match(/--output \S+/g)?.map((words) => words.split(" ")[1] ?? "") ?? [];
    expect(written).toEqual(["labelled.parquet", "labelled.csv"]);
    for (const name of written) expect(existsSync(join(folder, name))).toBe(true);
  });
});
