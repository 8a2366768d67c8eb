import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "./runRowmill.js";
import { HAS_TERMINALS, runInTerminal, screenLines } from "./terminal.js";

let desk: Desk;

beforeAll(() => {
  desk = new Desk();
  desk.write("rows.csv", "id,text\n1,The soup was cold.\n2,A fine tent.\n3,Never again.\n");
  const long = Array.from({ length: 20_000 }, (_, at) => `${at},The parcel came late and the box was open`);
  desk.write("long.csv", `id,text\n${long.join("\n")}\n`);
});
afterAll(() => desk[Symbol.dispose]());

/** A job that goes on while it is looked at, and leaves a core to who looks. */
const LONG = [
  ...["infer", "long.csv", "--column", "text", "--model", "starter", "--choices", "good,bad"],
  ...["--workers", "1", "--threads", "1", "--slots", "1"],
];

/** Whether the cursor is seen at the end. */
const hasCursor = (shown: string) => shown.lastIndexOf("\x1b[?25h") > shown.lastIndexOf("\x1b[?25l");

describe.runIf(HAS_TERMINALS)("in a terminal", () => {
  test("the bar has a line of its own, behind the submission's warnings and before the job's end", async () => {
    // nothing between two columns: its submission warns
    const words = ["infer", "rows.csv", ...["--column", "id", "--column", "text", "--model", "starter"]];
    const { code, shown } = await runInTerminal(desk, [...words, "--choices", "good,bad"], { columns: 80 });
    const lines = screenLines(shown);
    const at = (begin: string) => lines.findIndex((line) => line.startsWith(begin));
    expect(code, shown).toBe(0);
    // drawn many times, seen once
    expect(shown.match(/Progress: /g)?.length).toBeGreaterThan(1);
    const bars = lines.filter((line) => line.includes("Progress: "));
    expect(bars).toEqual([
      expect.stringMatching(/^Progress: 100%\|█+\| 3\/3 \[[\d:]+<[\d:?]+\](?!.*(?:warning|job-))/),
    ]);
    expect(bars[0]?.length).toBeLessThan(80);
    expect(lines.join("\n")).not.toContain("Reading and counting");
    expect(at("warning: ")).toBeGreaterThanOrEqual(0);
    expect(at("Progress: ")).toBeGreaterThan(at("warning: "));
    expect(at("job-")).toBe(at("Progress: ") + 1);
    expect(hasCursor(shown)).toBe(true);
  });

  test("the end of the time leaves the bar's line, and nothing is drawn below the last words", async () => {
    const { code, shown } = await runInTerminal(desk, [...LONG, "--timeout", "1"]);
    expect(code, shown).toBe(4);
    const lines = screenLines(shown).filter((line) => line !== "");
    const said = lines.at(-1) ?? "";
    expect(said).toMatch(/^job-[0-9a-f-]{36} goes on\. Attach again with: /);
    expect(lines.filter((line) => line.includes("Progress: "))).toEqual([lines.at(-2)]);
    expect(hasCursor(shown)).toBe(true);
    await desk.run("jobs", "cancel", said.split(" ")[0] as string);
  });

  test("what is longer than a line goes on between words", async () => {
    const names = Array.from({ length: 6 }, (_, at) => [`a_property_with_a_name_${at}`, { type: "string" }]);
    desk.write("long.schema.json", JSON.stringify({ type: "object", properties: Object.fromEntries(names) }));
    for (const words of [
      ["schema", "check", "long.schema.json"],
      ["infer", "rows.csv", "--column", "text", "--model", "starter", "--dry-run"],
      ["doctor"],
      ["models", "show", "gpt-oss-20b"],
    ]) {
      const { code, shown } = await runInTerminal(desk, words, { columns: 60 });
      expect(code, shown).toBe(0);
      for (const line of screenLines(shown)) {
        // a path has nowhere to break
        const value = line.trim().replace(/^.*? {2,}/, "");
        if (value.includes(" ")) expect(line.length, line).toBeLessThanOrEqual(60);
      }
    }
  });

  test("Ctrl-C leaves the bar's line, gives the cursor back and says that the job goes on", async () => {
    const { code, shown } = await runInTerminal(desk, LONG, { typed: { behind: "Progress: ", text: "\x03" } });
    const lines = screenLines(shown);
    const said = lines.find((line) => line.includes(" goes on. ")) ?? "";
    expect(said).toMatch(/^job-[0-9a-f-]{36} goes on\. Attach again with: .* attach job-[0-9a-f-]{36}$/);
    expect(code).toBe(130);
    expect(hasCursor(shown)).toBe(true);
    const { status } = await desk.json<{ status: string }>("jobs", "cancel", said.split(" ")[0] as string);
    expect(status).toMatch(/^CANCELL(?:ED|ING)$/);
  });
});
