import { Ajv2020 } from "ajv/dist/2020.js";
import { DEMO_OUTPUT_COLUMN, type DemoTable } from "./demoTables.js";
import type { JobRecord } from "./door.js";

/** One answer beside the label that a person gave. */
export interface Answer {
  readonly given: string | null;
  readonly label: string | null;
  readonly isRight: boolean;
}

export interface ScoredRow {
  readonly text: string;
  readonly isValid: boolean;
  /** By field. */
  readonly answers: Readonly<Record<string, Answer>>;
}

export interface Score {
  readonly rows: readonly ScoredRow[];
  readonly validRows: number;
  readonly rightByField: Readonly<Record<string, number>>;
}

/** What came out of one of the demo's tables. */
export interface DemoOutcome {
  readonly table: DemoTable;
  readonly job: JobRecord;
  readonly score: Score;
  /** The file that the results were written to. */
  readonly results: string;
}

/** Holds a table's results against its own columns of labels, and every output against the schema. */
export function scoreTable(table: DemoTable, results: readonly Readonly<Record<string, unknown>>[]): Score {
  const validate = new Ajv2020({ strict: false }).compile(table.schema);
  const rows = results.map((result): ScoredRow => {
    const output = parseOutput(result[DEMO_OUTPUT_COLUMN]);
    const answers = table.fields.map((field) => {
      const given = normalize((output as Record<string, unknown> | null)?.[field]);
      const label = normalize(result[field]);
      return [field, { given, label, isRight: output !== null && given === label }] as const;
    });
    return {
      text: String(result[table.textColumn] ?? ""),
      isValid: output !== null && validate(output),
      answers: Object.fromEntries(answers),
    };
  });
  return {
    rows,
    validRows: rows.filter(({ isValid }) => isValid).length,
    rightByField: Object.fromEntries(
      table.fields.map((field) => [field, rows.filter(({ answers }) => answers[field]?.isRight).length]),
    ),
  };
}

/** An output column comes as the text that the model wrote, or parsed where the results are unpacked. */
function parseOutput(value: unknown): object | null {
  if (typeof value === "object") return value;
  try {
    const parsed: unknown = JSON.parse(String(value));
    return typeof parsed === "object" ? parsed : null;
  } catch {
    return null;
  }
}

/** An empty cell is a label that is not there. */
function normalize(value: unknown): string | null {
  return value === null || value === undefined || value === "" ? null : String(value);
}
