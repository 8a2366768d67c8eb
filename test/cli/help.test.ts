import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { JOB_DEFAULTS } from "../../src/submission/defaults.js";
import { Desk } from "./runRowmill.js";

const program = createProgram();
/** Every command that does something, by its full name. */
const commands = leavesOf(program, []);

function leavesOf(command: Command, names: readonly string[]): [name: string, command: Command][] {
  if (command.commands.length === 0) return [[names.join(" "), command]];
  return command.commands.flatMap((child) => leavesOf(child, [...names, child.name()]));
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

test("the commands are those of the manual", () => {
  expect(commands.map(([name]) => name).sort()).toEqual(
    [
      ...["attach", "demo", "doctor", "infer", "quotas"],
      ...["jobs cancel", "jobs list", "jobs results", "jobs rm", "jobs show", "jobs status"],
      ...["models list", "models pull", "models show", "schema check"],
    ].sort(),
  );
});

describe.for(commands)("rowmill %s", ([name, command]) => {
  const help = helpOf(command);

  test("has examples in its help, and they parse", () => {
    const lines = help.split("\n").filter((line) => line.startsWith("  $ "));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.some((line) => line.includes(`rowmill ${name}`))).toBe(true);
    for (const line of lines) {
      const known = new Set([...command.options.map((option) => option.long), "--home", "--quiet", "--progress"]);
      const [own = ""] = line.split(/[|]| && /).filter((part) => part.includes(`rowmill ${name}`));
      for (const [, flag] of own.matchAll(/(?:^|\s)(--[a-z-]+)/g)) expect(known).toContain(flag);
    }
  });

  test("has --json", () => {
    expect(command.options.map((option) => option.long)).toContain("--json");
  });
});

test("infer's help says the defaults that a job has", () => {
  const help = helpOf(commands.find(([name]) => name === "infer")?.[1] as Command).replace(/\s+/g, " ");
  const { options } = JOB_DEFAULTS;
  for (const [flag, value] of [
    ["--style", options.outputStyle],
    ["--schema-retries", options.schemaRetries],
    ["--output-column", options.outputColumn],
    ["--column-order", options.columnOrder],
    ["--engine", options.engine],
  ])
    expect(help).toMatch(new RegExp(`${flag} [^-]*(?:-[^-]+)*?\\(default: ${value}[,)]`));
  expect(options.schemaInPrompt).toBe("descriptions");
  expect(help).toContain("the fields' descriptions and titles (default)");
});

describe("as a process", () => {
  let desk: Desk;
  beforeAll(() => {
    desk = new Desk();
  });
  afterAll(() => desk[Symbol.dispose]());

  test("rowmill --help says the exit codes as the page on operating does, and ends with 0", async () => {
    const { code, stdout, stderr } = await desk.run("--help");
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const [, table = ""] = readFileSync("docs/operating.md", "utf8").split("| exit code | |\n| --- | --- |\n");
    const rows = [...(table.split("\n\n")[0] ?? "").matchAll(/^\| (\d+) \| (.*) \|$/gm)];
    expect(rows.length).toBe(7);
    const [, said = ""] = stdout.split("Exit codes:\n");
    const words = said.replace(/\s+/g, " ");
    for (const [, number, meaning = ""] of rows) expect(words).toContain(` ${number} ${meaning.replaceAll("`", "")}`);
  });

  test.for([["--help"], ["demo", "--help"], ["infer", "--help"]])(
    "%s: only commands to copy are wider than a usual terminal",
    async (words) => {
      const { stdout } = await desk.run(...words);
      for (const line of stdout.split("\n"))
        if (!/^ {2}[$#] |^Every command/.test(line)) expect(line.length, line).toBeLessThanOrEqual(80);
    },
  );

  test("rowmill --version is the package's", async () => {
    const { code, stdout } = await desk.run("--version");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("rowmill alone shows the help on stderr and ends with 2", async () => {
    const { code, stdout, stderr } = await desk.run();
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: rowmill");
  });

  test("what the machine and the catalogue are comes as JSON that parses", async () => {
    const [quotas, doctor, models, starter] = await Promise.all([
      desk.json<{ rowQuota: number }[]>("quotas"),
      desk.json<{ machine: object; engine: { name: string; reason: string | null } }>("doctor"),
      desk.json<{ name: string; path: string | null }[]>("models", "list", "--here"),
      desk.json<{ path: string; facts: { architecture: string } }>("models", "show", "starter"),
    ]);
    expect(quotas).toHaveLength(2);
    expect(quotas[0]?.rowQuota).toBeGreaterThan(0);
    expect(doctor.engine).toEqual({ name: "native", reason: null });
    expect(models.map(({ name }) => name)).toEqual(["starter"]);
    expect(starter.facts.architecture).toBe("llama");
  });

  test("a model is shown in words, with what its file says, and as JSON in full", async () => {
    const { stdout } = await desk.run("models", "show", "starter");
    for (const line of [
      /^model +starter$/m,
      /^parameters +5\.48 M$/m,
      /^context +2,048 tokens$/m,
      /^reasoning +none$/m,
      /^hosted price +none: comes with the package$/m,
      /^here +\/.*starter\.gguf, 6\.0 MB$/m,
      /^architecture +llama, 6 layers of 256, 4 heads \(2 of keys and values\), a vocabulary of 4,096 tokens$/m,
    ])
      expect(stdout).toMatch(line);
    // no name of a field, no list or object of JSON but the template's own
    expect(stdout.replace(/^chat template.*/m, "")).not.toMatch(/\b[a-z]+[A-Z]|[[\]{}]|\b(?:true|false|null)\b/);
    const absent = await desk.run("models", "show", "gpt-oss-20b");
    expect(absent.stdout).toMatch(/^here +no: .* models pull gpt-oss-20b$/m);
    expect(absent.stdout).toMatch(/^parameters +20\.9 B, 3\.6 B of them for each token$/m);
    expect(absent.stdout).toMatch(/^hosted price +0\.03 USD for a million tokens in, 0\.14 USD out: /m);
    expect(absent.stdout).toMatch(
      /^reasoning +switched off by template arguments \{"reasoning_effort":"low"\} and the answer's prefix /m,
    );
    const { entry } = await desk.json<{ entry: { variants: object[] } }>("models", "show", "gpt-oss-20b");
    expect(entry.variants).toHaveLength(2);
  });

  test("where starter is listed its limits are said, on stderr", async () => {
    const { stdout, stderr } = await desk.run("models", "list");
    expect(stdout).toMatch(/^starter /m);
    expect(stderr).toContain("starter is a demonstration");
  });
});
