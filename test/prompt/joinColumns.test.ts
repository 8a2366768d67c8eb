import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinColumns, planPrompt, sideBySide, wordsAsText } from "../../src/prompt/index.js";

const rows: Record<string, (string | null)[]> = {
  title: ["Broken", null, null],
  body: ["It fell.", "Late again", null],
};
const join = (column: string | string[]) =>
  joinColumns(planPrompt(column, ["title", "body"]), 3, (name) => rows[name] ?? []);

describe("columns become a prompt", () => {
  it("reads one column", () => {
    expect(join("body")).toEqual(["It fell.", "Late again", null]);
  });

  it("joins several in order, an entry that is no column's name being a literal separator", () => {
    expect(join(["title", ": ", "body"])).toEqual(["Broken: It fell.", ": Late again", null]);
    expect(join(["body", " / ", "title"])[0]).toBe("It fell. / Broken");
  });

  it("names the columns there are when a column is not among them", () => {
    expect(() => join("bodi")).toThrowError(/no column "bodi": the columns are "title", "body"; did you mean "body"\?/);
  });

  it("takes a word that differs from a column only by case for a misspelling, not for a separator", () => {
    expect(() => join(["title", "Body"])).toThrowError(
      /no column "Body": the columns are "title", "body"; did you mean "body"\?/,
    );
    expect(() => join(["titel", "bodi"])).toThrowError(
      /no column "titel", "bodi": the columns are "title", "body"; did you mean "title", "body"\?/,
    );
  });

  it("takes a word that nearly is a column for a misspelling, and none that is far from all", () => {
    for (const [word, meant] of [
      ["boyd", "body"],
      ["TITEL", "title"],
      ["tittle", "title"],
      ["bod", "body"],
    ] as const)
      expect(() => join(["title", word, "body"])).toThrowError(
        `no column ${JSON.stringify(word)}: the columns are "title", "body"; did you mean ${JSON.stringify(meant)}?`,
      );
    expect(join(["title", "from", "body"])[0]).toBe("BrokenfromIt fell.");
    expect(join(["title", "bo", "body"])[0]).toBe("BrokenboIt fell.");
    expect(join(["title", " boyd ", "body"])[0]).toBe("Broken boyd It fell.");
  });

  it("suggests the column that a single one differs from by case", () => {
    expect(() => planPrompt("SUBJECT", ["from", "subject"])).toThrowError(/did you mean "subject"\?/);
    expect(() => planPrompt("xyz", ["from", "subject"])).toThrowError(/the columns are "from", "subject"$/);
  });

  it("puts nothing between columns that stand side by side, and tells which do", () => {
    const parts = planPrompt(["title", "body", "\n", "title", "", "body"], ["title", "body"]);
    expect(sideBySide(parts)).toEqual([["title", "body"]]);
    expect(join(["title", "body"])[0]).toBe("BrokenIt fell.");
  });

  it("tells words from separators among the literals", () => {
    const parts = planPrompt(["title", "from", ", ", "body", "by:", "_x1"], ["title", "body"]);
    expect(wordsAsText(parts)).toEqual(["from", "_x1"]);
  });

  it("keeps every value and every separator, whatever they hold", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, separator, b) => {
        fc.pre(separator !== "a" && separator !== "b" && separator.toLowerCase() !== "a");
        const parts = planPrompt(["a", separator, "b"], ["a", "b"]);
        expect(joinColumns(parts, 1, (name) => [name === "a" ? a : b])).toEqual([`${a}${separator}${b}`]);
      }),
    );
  });
});
