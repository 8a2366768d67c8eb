// Tries random inputs on all that reads a user's schemas, regular expressions and grammars:
//   npm run fuzz:schema -- [--runs 1000000] [--seed 1] [--collection FILE.jsonl.gz] [--at NUMBER] [--limit-seconds 5]
// Schemas (random, and those of a collection with changes), regular expressions, GBNF texts and damaged tables are
// compiled, opened natively and followed along random ways through their masks; what a grammar writes that holds its
// schema whole is given to the check. A crash, a hang, an exception that no user should see and a mask that contradicts
// itself are failures, as is more than --limit-seconds of CPU time. Each input is made from the seed and its number: --at tries one again.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";
import { runFuzz } from "./fuzz/campaign.js";
import { inputsOf } from "./fuzz/subjects.js";
import { readCollection } from "./schema/collection.js";

const CHILD = fileURLToPath(new URL("./fuzz/child.js", import.meta.url));

const USAGE = `usage: npm run --silent fuzz:schema -- [flags]
  --runs N                    how many inputs to try (default: 1000000)
  --seed N                    what the inputs are made from (default: 1)
  --collection FILE.jsonl.gz  schemas to change, in the shape of bench:schema
  --at NUMBER                 that one input again, here and not in a child
  --limit-seconds N           CPU time that an input may take (default: 5)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      runs: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      collection: { type: "string" },
      at: { type: "string" },
      "limit-seconds": { type: "string", default: "5" },
    },
  });
  if (values.help) return console.log(USAGE);
  const runs = readNumberFlag("--runs", values.runs, "count");
  const seed = readNumberFlag("--seed", values.seed, "index");
  const limitSeconds = readNumberFlag("--limit-seconds", values["limit-seconds"], "seconds");
  const at = values.at === undefined ? null : readNumberFlag("--at", values.at, "index");
  const collection = values.collection === undefined ? [] : readCollection(values.collection, null);
  const schemas = collection.map(({ schemaText }) => schemaText);
  if (at !== null) {
    const input = inputsOf(seed, schemas)(at);
    console.log(`${input.subject}: ${input.text}`);
    console.log(input.run());
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "rowmill-fuzz-"));
  try {
    const corpus = schemas.length === 0 ? "" : join(folder, "schemas.jsonl");
    if (corpus !== "") writeFileSync(corpus, schemas.join("\n"));
    const start = (mode: "quiet" | "trace") =>
      fork(CHILD, [String(seed), corpus, String(limitSeconds), mode], {
        stdio: ["ignore", mode === "trace" ? "pipe" : "ignore", "inherit", "ipc"],
      });
    const report = await runFuzz({ runs, limitSeconds, start, onLine: (line) => console.error(line) });
    const { failures, ...figures } = report;
    console.log(JSON.stringify({ seed, ...figures, failures: failures.length }, null, 2));
    process.exitCode = failures.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runCommand(main);
