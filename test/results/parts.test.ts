import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeAtomically } from "../../src/results/atomicFile.js";
import { builtUrl } from "../builtUrl.js";
import { scratchFolder } from "../data/scratch.js";

const scratch = scratchFolder();
const newFolder = () => mkdtempSync(join(scratch, "parts-"));
const partsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".part"));

const PROGRAM = `
  const { writeAtomically } = await import(${JSON.stringify(builtUrl("results/atomicFile.js"))});
  await writeAtomically(process.argv[1], (async function* () {
    yield Buffer.from("whole");
    process.stdout.write("begun\\n");
    // until its standard input ends
    for await (const _ of process.stdin);
  })());`;

/** A process that has begun to write a file, and ends it when its standard input ends. */
async function startWriter(path: string, within: readonly string[] = []): Promise<ChildProcess> {
  const [command, ...words] = [...within, process.execPath, "--input-type=module", "-e", PROGRAM, path];
  const writer = spawn(command ?? "", words, { stdio: ["pipe", "pipe", "inherit"] });
  await once(writer.stdout, "data");
  return writer;
}

async function writeBeside(folder: string): Promise<void> {
  await writeAtomically(join(folder, "other"), (async function* () {})());
}

test("what a killed writer left is removed by the next, also when its process id is another's by now", async () => {
  for (const isTakenAgain of [false, true]) {
    const folder = newFolder();
    const writer = await startWriter(join(folder, "out"));
    writer.kill("SIGKILL");
    await once(writer, "close");
    const [part = ""] = partsIn(folder);
    expect(part).toContain(`-${writer.pid}-`);
    if (isTakenAgain) renameSync(join(folder, part), join(folder, part.replace(`-${writer.pid}-`, `-${process.pid}-`)));
    await writeBeside(folder);
    expect(readdirSync(folder)).toEqual(["other"]);
  }
});

test("a living writer's part is left", async () => {
  const folder = newFolder();
  const writer = await startWriter(join(folder, "out"));
  await writeBeside(folder);
  writer.stdin?.end();
  expect(await once(writer, "close")).toEqual([0, null]);
  expect(readFileSync(join(folder, "out"), "utf8")).toBe("whole");
});

// a container's process ids are its own, and its host's name may be any
const CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
const hasContainers =
  spawnSync(CONTAINER[0] ?? "", [...CONTAINER.slice(1), "sh", "-c", "echo 1000 > /proc/sys/kernel/ns_last_pid"])
    .status === 0;
if (!hasContainers) console.log("skipped: writers in another process namespace, which can't be made here");

test.skipIf(!hasContainers)("the part of a writer in another container is left, whatever its process id", async () => {
  const folder = newFolder();
  // an id that no process has outside: of one that has ended
  const { pid } = spawnSync("true");
  const script = `exec 3<&0; echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; "$@" <&3 & wait $!`;
  const writer = await startWriter(join(folder, "out"), [...CONTAINER, "sh", "-c", script, "sh"]);
  expect(partsIn(folder)).toEqual([expect.stringContaining(`-${pid}-`)]);
  await writeBeside(folder);
  expect(partsIn(folder)).toHaveLength(1);
  writer.stdin?.end();
  expect(await once(writer, "close")).toEqual([0, null]);
  expect(readFileSync(join(folder, "out"), "utf8")).toBe("whole");
});
