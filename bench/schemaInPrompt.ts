// How often the demo's tables are labelled rightly when the model reads nothing, the descriptions or all of the schema, beside
// the demo's own system prompt and beside one that leaves the fields' meaning to the schema:
//   npm run bench:schema-in-prompt -- [--model starter] [--rows 60]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scoreTable } from "../src/cli/demoScore.js";
import { DEMO_OUTPUT_COLUMN, type DemoTable, readDemoTables } from "../src/cli/demoTables.js";
import { Rowmill } from "../src/index.js";

const MODES = ["off", "descriptions", "full"] as const;
/** What the demo's system prompts say of the fields, said by the schema. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  sentiment: "one of positive, negative, neutral",
  topic: "one of billing, shipping, returns, technical, account, other",
  urgency: "one of low, medium, high",
  order_id: "the order number, or null",
};
const SHORT: Readonly<Record<string, string>> = {
  reviews: "Classify the sentiment of the review.",
  tickets: "Classify the support ticket.",
};

const { values } = parseArgs({
  options: { model: { type: "string", default: "starter" }, rows: { type: "string", default: "1000" } },
});
const home = mkdtempSync(join(tmpdir(), "rowmill-schema-in-prompt-"));
try {
  // models pulled before are found in the home that is set
  await using mill = new Rowmill({ home: process.env.ROWMILL_HOME ?? home, output: null, runner: "in-process" });
  console.log(`right answers of ${values.model}, by mode: ${MODES.join(" | ")}`);
  for (const table of readDemoTables()) {
    for (const systemPrompt of [table.systemPrompt, SHORT[table.name] ?? ""]) {
      const scores: string[] = [];
      for (const mode of MODES) scores.push(await rightAnswers(mill, table, systemPrompt, mode));
      console.log(`${table.name}, system prompt of ${systemPrompt.length} characters: ${scores.join(" | ")}`);
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function rightAnswers(
  mill: Rowmill,
  table: DemoTable,
  systemPrompt: string,
  schemaInPrompt: (typeof MODES)[number],
): Promise<string> {
  const jobId = await mill.infer(table.path, {
    column: table.column,
    model: values.model,
    systemPrompt,
    outputSchema: described(table.schema),
    outputColumn: DEMO_OUTPUT_COLUMN,
    schemaInPrompt,
    limit: Number(values.rows),
  });
  const job = await mill.getJob(jobId);
  const { rows, rightByField } = scoreTable(table, await mill.getJobResults<Record<string, unknown>>(jobId));
  const fields = Object.values(rightByField).map((right) => `${((100 * right) / rows.length).toFixed(0)} %`);
  return `${fields.join(", ")} (${Math.round(job.inputTokensTotal / rows.length)} tokens a row)`;
}

/** The demo's schema with a description for each field. */
function described(schema: object): object {
  const { properties } = schema as { properties: Record<string, object> };
  const withWords = Object.entries(properties).map(([name, one]) => [
    name,
    { ...one, description: DESCRIPTIONS[name] },
  ]);
  return { ...schema, properties: Object.fromEntries(withWords) };
}
