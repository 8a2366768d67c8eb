import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../data/scratch.js";
import { writeThrough } from "./throughFiles.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
const TEXTS = [
  "=1+1",
  "+cmd|' /C calc'!A0",
  "-2+3",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "＝1",
  "a;=1",
  "-5",
  "+1.5e3",
  "plain",
  "",
];
const rows = TEXTS.map((text) => ({ "=head": text, number: -5 }));

test("a text that a spreadsheet would run as a formula is written as it is, unless that is to be escaped", async () => {
  const kept = readFileSync(await writeThrough(rows, at("kept.csv")), "utf8");
  expect(kept).toContain("=head,number,inference_result\n=1+1,-5,x\n");
  const escaped = readFileSync(await writeThrough(rows, at("escaped.csv"), { csvFormulas: "escape" }), "utf8");
  // in quotes only where a spreadsheet may separate fields
  const fields = [
    "'=1+1",
    `"'+cmd|' /C calc'!A0"`,
    "'-2+3",
    "'@SUM(A1)",
    `"'\t=1"`,
    `"'\r=1"`,
    "'＝1",
    '"a;=1"',
    "-5",
    "+1.5e3",
    "plain",
    '""',
  ];
  expect(escaped).toBe(`'=head,number,inference_result\n${fields.map((field) => `${field},-5,x\n`).join("")}`);
});

test("formats that have no formulas stay as they are", async () => {
  const lines = readFileSync(await writeThrough(rows, at("rows.jsonl"), { csvFormulas: "escape" }), "utf8");
  expect(lines.split("\n")[0]).toBe('{"=head":"=1+1","number":-5,"inference_result":"x"}');
});
