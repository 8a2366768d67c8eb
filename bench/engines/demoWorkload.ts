import { readDemoTables } from "../../src/cli/demoTables.js";
import type { Tokenizer } from "../../src/engine/local/index.js";
import { readDemoTexts } from "../grammar/demoJobs.js";
import { chatFrame, type Workload, type WorkloadRow } from "./workload.js";

/** Longer than any output of the demo's schemas. */
const MAX_TOKENS = 128;

/** One of the demo's tables as its job runs it; behind its last row it begins again. */
export async function demoWorkload(engine: Tokenizer, name: string): Promise<Workload> {
  const table = readDemoTables().find((one) => one.name === name);
  if (table === undefined) throw new Error(`the demo has no table ${name}`);
  const rows = (await readDemoTexts(table)).map((text): WorkloadRow => ({ text, tokens: engine.tokenize(text) }));
  return {
    name,
    ...chatFrame(engine, table.systemPrompt),
    form: { kind: "schema", schema: table.schema, style: "spaced" },
    maxTokens: MAX_TOKENS,
    rowTokens: Math.max(...rows.map(({ tokens }) => tokens.length)),
    rows: (count) => Array.from({ length: count }, (_, index) => rows[index % rows.length] as WorkloadRow),
  };
}
