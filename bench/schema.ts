// Replays the MaskBench protocol over a file of JSON Schemas with valid and invalid instances:
//   npm run --silent bench:schema -- FILE.jsonl.gz [--tokenizer model.gguf] [--json] [--limit N] [--failures]
//                           [--peers | --peer llguidance] [--python PATH] [--peer-seconds 60]
// For each token of each instance (its json.dumps form, keys in schema order) the mask is computed, the token checked
// against it and accepted; at the end the grammar must be where a text may end. Then the same once more, for the figures
// of a job's second row. --peers replays the same tokens of the same vocabulary through llguidance and xgrammar,
// --peer through one of them: xgrammar takes an hour for what the others do in two minutes.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InputError } from "../src/errors.js";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";
import { benchSchemas } from "./schema/benchmark.js";
import { PEERS } from "./schema/peers.js";
import { renderReport } from "./schema/report.js";

const PACKAGE = fileURLToPath(new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url));

const USAGE = `usage: npm run --silent bench:schema -- FILE.jsonl.gz [flags]
  --tokenizer FILE.gguf  the vocabulary and tokens to take (default: qwen2's, 151,936 tokens)
  --limit N              the first N schemas alone
  --failures             every schema that does not pass, with its reason
  --json                 the report as JSON
  --peers                the same through ${PEERS.join(" and ")}, in Python
  --peer NAME            the same through one of them: ${PEERS.join(" or ")}
  --python PATH          a Python that has their wheels (default: one is made under node_modules/.cache)
  --peer-seconds N       what one schema may take of a peer (default: 60)`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      tokenizer: { type: "string" },
      json: { type: "boolean", default: false },
      limit: { type: "string" },
      failures: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
      peer: { type: "string", multiple: true, default: [] },
      python: { type: "string" },
      "peer-seconds": { type: "string", default: "60" },
    },
  });
  if (values.help) return console.log(USAGE);
  const limit = values.limit === undefined ? null : readNumberFlag("--limit", values.limit, "count");
  const peerSeconds = readNumberFlag("--peer-seconds", values["peer-seconds"], "seconds");
  const unknown = values.peer.find((name) => PEERS.every((peer) => peer !== name));
  if (unknown !== undefined) {
    throw new InputError("ROWMILL_BAD_OPTION", `--peer takes ${PEERS.join(" or ")}, not "${unknown}"`);
  }
  const peers = PEERS.filter((name) => values.peers || values.peer.includes(name));
  if (values.python !== undefined && peers.length === 0) {
    throw new InputError("ROWMILL_BAD_OPTION", "--python is for the peers: add --peers or --peer NAME");
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    const problem =
      file === undefined ? "a collection is missing" : `one collection at a time, not "${positionals[1]}" too`;
    throw new InputError("ROWMILL_BAD_OPTION", `${problem}\n${USAGE}`);
  }
  const report = await benchSchemas({
    file,
    packageFolder: PACKAGE,
    tokenizer: values.tokenizer ?? null,
    limit,
    peers,
    python: values.python ?? null,
    peerSeconds,
    onLine: (line) => console.error(line),
  });
  console.log(values.json ? JSON.stringify(report) : renderReport(report, values.failures));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCommand(main);
