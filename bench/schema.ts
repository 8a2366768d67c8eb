// Replays the MaskBench protocol over a file of JSON Schemas with valid and invalid instances:
//   npm run bench:schema -- FILE.jsonl.gz [--tokenizer model.gguf] [--json] [--limit N] [--failures]
//                           [--peers | --peer llguidance] [--python PATH] [--peer-seconds 60]
// For each token of each instance (its json.dumps form, keys in schema order) the mask is computed, the token checked
// against it and accepted; at the end the grammar must be where a text may end. Then the same once more, for the figures
// of a job's second row. --peers replays the same tokens of the same vocabulary through llguidance and xgrammar,
// --peer through one of them: xgrammar takes an hour for what the others do in two minutes.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InputError, messageOf, RowmillError } from "../src/errors.js";
import { benchSchemas } from "./schema/benchmark.js";
import { PEERS } from "./schema/peers.js";
import { renderReport } from "./schema/report.js";

const PACKAGE = fileURLToPath(new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
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
  const limit = values.limit === undefined ? null : Number(values.limit);
  const peerSeconds = Number(values["peer-seconds"]);
  const peers = PEERS.filter((name) => values.peers || values.peer.includes(name));
  const isKnown = values.peer.every((name) => PEERS.some((peer) => peer === name));
  const [file] = positionals;
  if (
    file === undefined ||
    positionals.length > 1 ||
    (limit !== null && !(limit >= 1)) ||
    !(peerSeconds > 0) ||
    !isKnown
  ) {
    const flags =
      "[--tokenizer model.gguf] [--json] [--limit N] [--failures] [--peers | --peer NAME] [--python PATH] [--peer-seconds 60]";
    throw new InputError("ROWMILL_BAD_OPTION", `usage: npm run bench:schema -- FILE.jsonl.gz ${flags}`);
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    const isMistake = error instanceof RowmillError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    console.error(isMistake ? messageOf(error) : error);
    process.exitCode = isMistake ? 2 : 70;
  }
}
