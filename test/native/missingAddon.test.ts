import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** A package without its addon, as an installation leaves it. */
function packageWithout(reason: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-package-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["dist", "package.json", "models"]) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  if (reason !== null) {
    mkdirSync(join(folder, "build"));
    writeFileSync(join(folder, "build", "addon.reason"), reason);
  }
  return folder;
}

test.each([
  ["not built (missing: CMake (cmake))", "not built (missing: CMake (cmake))"],
  [null, "not built"],
])(
  "a package whose addon is missing says in its first line of use why, what it costs and what builds it (%s)",
  (reason, said) => {
    const folder = packageWithout(reason);
    const program = `
    const { Rowmill } = await import("./dist/index.js");
    const mill = new Rowmill({ home: ${JSON.stringify(join(folder, "home"))}, runner: "in-process" });
    await mill.infer(["a row"], { model: "starter", dryRun: true });
    console.log(JSON.stringify((await mill.doctor()).engine));
    await mill.close();
  `;
    const { ROWMILL_NO_ADDON: _, ROWMILL_ADDON: __, ...env } = process.env;
    const path = join(folder, "program.mjs");
    writeFileSync(path, `process.stderr.write = (text) => console.log(text);${program}`);
    const stdout = execFileSync(process.execPath, [path], { env, encoding: "utf8", stdio: "pipe" });
    const build = `node ${join(folder, "scripts", "buildAddon.mjs")}`;
    expect(stdout).toContain(
      "warning: jobs run on the engine node-llama-cpp, several times slower than the native one",
    );
    expect(stdout).toContain(`the native addon can't be loaded: ${said}; build it by \`${build}\``);
    expect(stdout).toMatch(/"name":"node-llama-cpp","reason":"the native addon can't be loaded/);
  },
);
