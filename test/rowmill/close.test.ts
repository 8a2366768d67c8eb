import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { temporaryFolder, tickets } from "./fixture.js";

/** Each is a process that loads the model: by hand `ROWMILL_TEST_RUNS=10` says more. */
const RUNS = Number(process.env.ROWMILL_TEST_RUNS ?? 2);
const facade = pathToFileURL("dist/index.js").href;
const run = promisify(execFile);

/** More versions of Node.js to try: ROWMILL_TEST_NODES, paths of `node` binaries, separated as in PATH. */
const nodes = [process.execPath, ...(process.env.ROWMILL_TEST_NODES ?? "").split(delimiter).filter(Boolean)];
if (nodes.length === 1) console.log("only this Node.js was tried: ROWMILL_TEST_NODES names the binaries of others");

/** What a program does between making its Rowmill and closing it. */
const PROGRAMS = {
  "without a job": "",
  "after a job has ended": "await mill.infer(rows, labelling);",
  "with a job queued": "await mill.infer(rows, { ...labelling, stayAttached: false });",
  "in the middle of a job": `
    const id = await mill.infer(rows, { ...labelling, stayAttached: false });
    for await (const { status } of mill.progress(id)) if (status === "RUNNING") break;`,
  "after waiting for a job by its id": `
    const id = await mill.infer(rows, { ...labelling, stayAttached: false });
    await mill.awaitJobCompletion(id, { silent: true });`,
  "after iterating a job's progress": `
    const id = await mill.infer(rows, { ...labelling, stayAttached: false });
    for await (const _ of mill.progress(id));`,
  "after attaching to a job that runs": `
    const id = await mill.infer(rows, { ...labelling, stayAttached: false });
    await mill.attach(id);`,
};

async function runProgram(node: string, body: string): Promise<string> {
  const program = `
    import { Rowmill } from ${JSON.stringify(facade)};
    const rows = ${JSON.stringify(tickets(8))};
    const labelling = { model: "starter", systemPrompt: "One word.", samplingParams: { maxTokens: 4 } };
    const mill = new Rowmill({ home: ${JSON.stringify(temporaryFolder())}, runner: "in-process", output: null });
    ${body}
    await mill.close();
    console.log("went on");`;
  return runNode(node, program);
}

/** A file of its own: node-llama-cpp's test of its binary hands a `-e` on to a child. */
async function runNode(node: string, program: string): Promise<string> {
  const file = join(temporaryFolder(), "program.mjs");
  writeFileSync(file, program);
  return (await run(node, [file])).stdout;
}

describe.each(nodes)("with %s, what stands behind the closing of an in-process runner runs", (node) => {
  it.each(Object.entries(PROGRAMS))(`%s, ${RUNS} times of ${RUNS}`, async (_, body) => {
    for (let round = 0; round < RUNS; round++) expect(await runProgram(node, body)).toBe("went on\n");
  });
});

it("a program that only submits stays until its in-process job has ended", async () => {
  const home = temporaryFolder();
  const program = `
    import { Rowmill } from ${JSON.stringify(facade)};
    const mill = new Rowmill({ home: ${JSON.stringify(home)}, runner: "in-process", output: null });
    console.log(await mill.infer(${JSON.stringify(tickets(8))}, { model: "starter", stayAttached: false }));`;
  const jobId = (await runNode(process.execPath, program)).trim();
  const { Rowmill } = await import("rowmill");
  await using mill = new Rowmill({ home, output: null });
  expect(await mill.getJobStatus(jobId)).toBe("SUCCEEDED");
});
