import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pathFromHere } from "../commandLine.js";

/** One of the demo's tables: what is asked of each row, and which columns hold the answers that people gave. */
export interface DemoTable {
  readonly name: string;
  /** Relative to the current folder, for a command that can be copied. */
  readonly path: string;
  readonly schemaPath: string;
  readonly schema: object;
  readonly column: string | readonly string[];
  readonly systemPrompt: string;
  /** Keys of the output; the table has a column of the same name with the right answer. */
  readonly fields: readonly string[];
  /** The column that the preview shows. */
  readonly textColumn: string;
  readonly resultsFile: string;
}

export const DEMO_OUTPUT_COLUMN = "answer";

export function readDemoTables(): DemoTable[] {
  return [
    demoTable("reviews", {
      column: "review",
      systemPrompt: "Classify the sentiment of the review. sentiment is one of positive, negative, neutral.",
      fields: ["sentiment"],
      textColumn: "review",
      resultsFile: "reviews.csv",
    }),
    demoTable("tickets", {
      column: ["subject", ". ", "message"],
      systemPrompt:
        "Classify the support ticket. topic is one of billing, shipping, returns, technical, account, other; " +
        "urgency is one of low, medium, high; order_id is the order number, or null.",
      fields: ["topic", "urgency", "order_id"],
      textColumn: "message",
      resultsFile: "tickets.jsonl",
    }),
  ];
}

type Task = Omit<DemoTable, "name" | "path" | "schemaPath" | "schema">;

function demoTable(name: string, task: Task): DemoTable {
  const schemaUrl = new URL(`../../examples/${name}.schema.json`, import.meta.url);
  return {
    ...task,
    name,
    path: pathFromHere(fileURLToPath(new URL(`../../examples/${name}.csv`, import.meta.url))),
    schemaPath: pathFromHere(fileURLToPath(schemaUrl)),
    schema: JSON.parse(readFileSync(schemaUrl, "utf8")) as object,
  };
}
