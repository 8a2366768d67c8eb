import { spawnSync } from "node:child_process";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeAtomically } from "../../src/results/atomicFile.js";
import { builtUrl } from "../builtUrl.js";
import { scratchFolder } from "../data/scratch.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);

async function* whole(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("who");
  yield Buffer.from("le\n");
}

test("a link to a file, over another link, stays, and the file gets what is written", async () => {
  writeFileSync(at("file"), "old");
  symlinkSync("file", at("near"));
  symlinkSync(at("near"), at("far"));
  await writeAtomically(at("far"), whole());
  expect([readlinkSync(at("far")), readlinkSync(at("near"))]).toEqual([at("near"), "file"]);
  expect(readFileSync(at("file"), "utf8")).toBe("whole\n");
});

test("a link whose target is not there makes it", async () => {
  symlinkSync("missing", at("dangling"));
  await writeAtomically(at("dangling"), whole());
  expect(readlinkSync(at("dangling"))).toBe("missing");
  expect(readFileSync(at("missing"), "utf8")).toBe("whole\n");
});

test("a link to a folder, and links in a circle, are refused", async () => {
  mkdirSync(at("folder"));
  symlinkSync("folder", at("to-folder"));
  symlinkSync("circle", at("circle"));
  for (const [name, reason] of [
    ["to-folder", "it is a folder"],
    ["circle", "its links go round in a circle"],
  ] as const) {
    const message = expect.stringContaining(`${at(name)}: ${reason}`);
    await expect(writeAtomically(at(name), whole())).rejects.toMatchObject({ code: "ROWMILL_NOT_WRITABLE", message });
    expect(lstatSync(at(name)).isSymbolicLink()).toBe(true);
  }
});

test.skipIf(process.platform === "win32")(
  "a link to /dev/stdout writes there: behind what a file holds and before what is written to it later",
  () => {
    const program = `
      const { writeAtomically } = await import(${JSON.stringify(builtUrl("results/atomicFile.js"))});
      await writeAtomically(process.argv[1], (async function* () {
        yield Buffer.from("who");
        yield Buffer.from("le\\n");
      })());`;
    symlinkSync("/dev/stdout", at("link"));
    const words = ["--input-type=module", "-e", program, at("link")];
    for (const flags of ["a", "w"]) {
      writeFileSync(at("log"), "before\n");
      const log = openSync(at("log"), flags);
      for (let i = 0; i < 2; i++)
        expect(spawnSync(process.execPath, words, { stdio: ["ignore", log, "inherit"] }).status).toBe(0);
      closeSync(log);
      expect(readFileSync(at("log"), "utf8")).toBe(`${flags === "a" ? "before\n" : ""}whole\nwhole\n`);
    }
    expect(spawnSync(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] }).stdout.toString()).toBe(
      "whole\n",
    );
    expect(readlinkSync(at("link"))).toBe("/dev/stdout");
  },
);
