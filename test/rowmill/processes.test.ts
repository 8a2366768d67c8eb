import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { backendFacts } from "../../src/models/index.js";
import { TICKET_SCHEMA, temporaryFolder, tickets } from "./fixture.js";

const facade = pathToFileURL("dist/index.js").href;

/** Runs a program with one in-process job.
 *  @returns its output, and the scripts of all processes of Node.js that it started, but for those that clear NODE_OPTIONS */
async function runJob(options: object): Promise<{ output: string; started: string[] }> {
  const folder = temporaryFolder();
  const [program, preload, log] = ["program.mjs", "preload.mjs", "started"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    preload,
    `import { appendFileSync } from "node:fs";
    import { isMainThread } from "node:worker_threads";
    if (isMainThread) appendFileSync(${JSON.stringify(log)}, process.argv[1] + "\\n");`,
  );
  writeFileSync(
    program,
    `import { createRequire } from "node:module";
    import { Rowmill } from ${JSON.stringify(facade)};
    const mill = new Rowmill({ home: ${JSON.stringify(join(folder, "home"))}, runner: "in-process", output: null });
    const id = await mill.infer(${JSON.stringify(tickets(8))}, ${JSON.stringify({ model: "starter", ...options })});
    const status = await mill.getJobStatus(id);
    const loaded = Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes("parquet-wasm"));
    await mill.close();
    console.log(status, loaded ? "with Parquet" : "without Parquet");`,
  );
  const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
  const started = readFileSync(log, "utf8").trim().split("\n");
  return { output: stdout, started: started.filter((script) => script !== program) };
}

it.each([
  ["text", { samplingParams: { maxTokens: 4 } }],
  ["a schema", { outputSchema: TICKET_SCHEMA }],
])("a job of a few rows with %s has llama.cpp's binary tried once, and loads no Parquet", async (_, options) => {
  // a GPU's build is another binary
  if ((await backendFacts()).backend !== "cpu") return;
  const { output, started } = await runJob(options);
  expect(output).toBe("SUCCEEDED without Parquet\n");
  expect(started.map((script) => script.replace(/.*\//, ""))).toEqual(["testBindingBinary.js"]);
});
