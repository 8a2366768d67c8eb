import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { builtUrl } from "./builtUrl.js";

const scratch = mkdtempSync(join(tmpdir(), "rowmill-end-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const newFolder = () => mkdtempSync(join(scratch, "folder-"));

const atomicFile = builtUrl("results/atomicFile.js");

/** Where the packages that use it find signal-exit, of which they bring two versions. */
function signalExit(...by: string[]): string {
  let from = import.meta.url;
  for (const name of by) from = createRequire(from).resolve(name);
  return createRequire(from).resolve("signal-exit");
}
const SIGNAL_EXIT = {
  3: `require(${JSON.stringify(signalExit("proper-lockfile"))})(() => say("told"));`,
  4: `require(${JSON.stringify(signalExit("node-llama-cpp", "ora", "cli-cursor", "restore-cursor"))}).onExit(() => say("told"));`,
};

/** A program that writes a file until its standard input ends.
 *  @param before what it does first */
async function startWriting(folder: string, before: string): Promise<{ child: ChildProcess; output: () => string }> {
  const program = `
    import { writeSync } from "node:fs";
    import { createRequire } from "node:module";
    const require = createRequire(${JSON.stringify(import.meta.url)});
    const say = (line) => writeSync(1, line + "\\n");
    const { writeAtomically } = await import(${JSON.stringify(atomicFile)});
    ${before}
    await writeAtomically(${JSON.stringify(join(folder, "out"))}, (async function* () {
      yield Buffer.from("whole");
      say("begun");
      for await (const _ of process.stdin);
    })());`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  while (!output.includes("begun")) await once(child.stdout, "data");
  return { child, output: () => output };
}

describe.skipIf(process.platform === "win32")("a signal while a file is written", () => {
  test.each([
    ["alone", "", ""],
    ["with signal-exit 3", SIGNAL_EXIT[3], "told\n"],
    ["with signal-exit 4", SIGNAL_EXIT[4], "told\n"],
    ["with both of them", SIGNAL_EXIT[3] + SIGNAL_EXIT[4], "told\ntold\n"],
  ])("ends a program %s, which dies of it and leaves nothing", async (_, before, told) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      const folder = newFolder();
      const { child, output } = await startWriting(folder, before);
      child.kill(signal);
      expect(await once(child, "close")).toEqual([null, signal]);
      expect(output()).toBe(`begun\n${told}`);
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test.each([
    ["alone", ""],
    ["beside signal-exit 3", SIGNAL_EXIT[3]],
    ["beside signal-exit 4", SIGNAL_EXIT[4]],
  ])("is the program's to decide when it has a handler of its own, %s", async (_, before) => {
    const folder = newFolder();
    const own = 'process.on("SIGTERM", () => say("mine"));';
    const { child, output } = await startWriting(folder, before + own);
    child.kill("SIGTERM");
    while (!output().includes("mine")) await once(child.stdout!, "data");
    child.stdin?.end();
    expect(await once(child, "close")).toEqual([0, null]);
    expect(output().match(/mine/g)).toHaveLength(1);
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("whole");
  });
});
