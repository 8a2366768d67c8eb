import { readdirSync, readFileSync, statSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";

const STARTER = new URL("../../models/starter/", import.meta.url);
const MOST_BYTES = 9_000_000;
const ECHO_WORDS = 5;

const read = (name: string): string => readFileSync(new URL(name, STARTER), "utf8");

interface NaturalText {
  readonly kind: "review" | "ticket";
  readonly text: string;
  readonly sentiment?: string;
  readonly topic?: string;
  readonly urgency?: string;
}

function naturalTexts(): NaturalText[] {
  const lines = read("recipe/natural-2.jsonl").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as NaturalText);
}

/** Every run of that many words of a text, each as one string. */
function wordRuns(text: string, length: number): string[] {
  const words = text.toLowerCase().match(/[a-z']+/g) ?? [];
  return words.slice(0, Math.max(0, words.length - length + 1)).map((_, at) => words.slice(at, at + length).join(" "));
}

function countBy(texts: readonly NaturalText[], key: "sentiment" | "topic"): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) {
    const label = text[key];
    if (label !== undefined) counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
}

describe("the starter model's folder", () => {
  test("holds weights that are a GGUF file of less than nine megabytes", () => {
    const path = new URL("starter.gguf", STARTER);
    expect(statSync(path).size).toBeLessThan(MOST_BYTES);
    expect(readFileSync(path).subarray(0, 4).toString("latin1")).toBe("GGUF");
  });

  test("has as many natural texts of every sentiment and of every topic", () => {
    const texts = naturalTexts();
    expect(countBy(texts, "sentiment")).toEqual({ positive: 20, negative: 20, neutral: 20 });
    const topics = ["billing", "shipping", "returns", "technical", "account", "other"];
    expect(countBy(texts, "topic")).toEqual(Object.fromEntries(topics.map((topic) => [topic, 10])));
  });

  test("has no training sentence that shares five words in a row with a natural text", () => {
    const measured = new Set(naturalTexts().flatMap(({ text }) => wordRuns(text, ECHO_WORDS)));
    const echoes: string[] = [];
    for (const file of readdirSync(new URL("recipe/lexicon/", STARTER))) {
      for (const entry of read(`recipe/lexicon/${file}`).split(/[|;\n]/)) {
        if (wordRuns(entry, ECHO_WORDS).some((run) => measured.has(run))) echoes.push(`${file}: ${entry.trim()}`);
      }
    }
    expect(echoes).toEqual([]);
  });

  test("has generated cases whose right answers are valid for their schemas", () => {
    const cases = JSON.parse(read("recipe/cases.json")) as { schema: object | null; rows: { answer: unknown }[] }[];
    expect(new Set(cases.map((one) => one.schema === null))).toEqual(new Set([true, false]));
    const ajv = new Ajv();
    for (const { schema, rows } of cases) {
      const isValid = schema === null ? (answer: unknown) => typeof answer === "string" : ajv.compile(schema);
      for (const { answer } of rows) expect(isValid(answer), JSON.stringify({ schema, answer })).toBe(true);
    }
  });
});
