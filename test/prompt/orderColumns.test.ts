import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinColumns, orderColumns, type PromptPart, planPrompt, sharedTextShare } from "../../src/prompt/index.js";

type Sample = Readonly<Record<string, readonly (string | null)[]>>;

const order = (column: readonly string[], sample: Sample) =>
  orderColumns(
    planPrompt(column, Object.keys(sample)),
    Object.values(sample)[0]?.length ?? 0,
    (name) => sample[name] ?? [],
  );
const texts = (parts: readonly PromptPart[]) => parts.map((part) => ("column" in part ? part.column : part.literal));

const reviews: Sample = {
  text: ["Broken on arrival.", "Still fine after a year.", "Loud.", "Too small for me.", "Great."],
  product: ["a garden lamp", "a garden lamp", "a red chair", "a red chair", "a red chair"],
  country: ["Norway", "Norway", "Norway", "Norway", "Norway"],
};

describe("columns are put in the order that shares most", () => {
  it("takes the column whose values repeat most first, measured by their length", () => {
    expect(texts(order(["text", " / ", "country", " / ", "product"], reviews).parts)).toEqual([
      "product",
      " / ",
      "country",
      " / ",
      "text",
    ]);
  });

  it("takes the next column within the rows that are equal so far", () => {
    const sample = {
      text: ["u", "v", "w", "x", "y", "z"],
      // alone these repeat more than `shop`, but not where `brand` is equal
      kind: ["aaaa", "bbbb", "cccc", "aaaa", "bbbb", "cccc"],
      shop: ["north", "north", "south", "west", "west", "east"],
      brand: ["first brand", "first brand", "first brand", "other brand", "other brand", "other brand"],
    };
    expect(texts(order(["text", "kind", "shop", "brand"], sample).parts)).toEqual(["brand", "shop", "text", "kind"]);
  });

  it("keeps the order given where no other shares more", () => {
    const sample = { a: ["1", "2", "3"], b: ["4", "5", "6"] };
    const parts = planPrompt(["a", ", by ", "b"], ["a", "b"]);
    expect(orderColumns(parts, 3, (name) => sample[name as "a"]).parts).toBe(parts);
    // the longer column is the greedy choice, but a country that all rows have is shared by more of them
    expect(texts(order(["country", " ", "product"], reviews).parts)).toEqual(["country", " ", "product"]);
    expect(texts(order(["b", "a"], { a: ["same", "same"], b: ["same", "same"] }).parts)).toEqual(["b", "a"]);
  });

  it("moves a label with its column and leaves the separator before it in its place", () => {
    expect(texts(order(["Review: ", "text", "\nProduct: ", "product"], reviews).parts)).toEqual([
      "Product: ",
      "product",
      "\nReview: ",
      "text",
    ]);
    expect(texts(order(["- ", "text", "\n- of ", "product"], reviews).parts)).toEqual([
      "- of ",
      "product",
      "\n- ",
      "text",
    ]);
  });

  it("keeps text behind the last column last", () => {
    expect(texts(order(["text", " / ", "product", "."], reviews).parts)).toEqual(["product", " / ", "text", "."]);
  });

  it("says what a row has in common with another one, before and after", () => {
    const { sharedText, sharedTextAsGiven } = order(["text", "product"], {
      text: ["ab", "cd"],
      product: ["xxxxxxxx", "xxxxxxxx"],
    });
    expect([sharedText, sharedTextAsGiven]).toEqual([8 / 20, 0]);
  });

  it("does not count on rows that are too far apart to meet", () => {
    const sample = { text: ["a b", "a c", "d e", "d f"], far: ["xxxxx", "yyyyy", "xxxxx", "yyyyy"] };
    const parts = planPrompt(["text", "far"], ["text", "far"]);
    const limits = { rows: 2, characters: 1000 };
    const valuesOf = (name: string) => sample[name as "far"];
    expect(texts(orderColumns(parts, 4, valuesOf).parts)).toEqual(["far", "text"]);
    expect(orderColumns(parts, 4, valuesOf, limits).parts).toBe(parts);
  });

  const value = fc.option(fc.string({ unit: fc.constantFrom("a", "b", "é", "7", " "), maxLength: 6 }));
  const anySample = fc
    .record({ columns: fc.integer({ min: 1, max: 5 }), rows: fc.integer({ min: 0, max: 25 }) })
    .chain(({ columns, rows }) =>
      fc.array(fc.array(value, { minLength: rows, maxLength: rows }), { minLength: columns, maxLength: columns }),
    );
  // a label is told by its number, wherever it goes
  const separator = fc.string({ unit: fc.constantFrom(" ", "\n", "-", ": "), maxLength: 3 });

  it("loses no part, keeps labels with their columns and separators in their places, and never shares less", () => {
    fc.assert(
      fc.property(
        anySample,
        fc.array(separator, { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        (values, marks, ends) => {
          const parts: PromptPart[] = values.flatMap((_, at) => [
            { literal: `${marks[at]}${at}th ` },
            { column: String(at) },
          ]);
          if (ends) parts.push({ literal: `${marks[5]}the end` });
          const rows = values[0]?.length ?? 0;
          const valuesOf = (name: string) => values[Number(name)] ?? [];
          const ordered = orderColumns(parts, rows, valuesOf);
          const columns = ordered.parts.flatMap((part) => ("column" in part ? [part.column] : []));
          expect([...columns].sort()).toEqual(values.map((_, at) => String(at)));
          const expected = columns.map((column, place) => `${marks[place]}${column}th <${column}>`).join("");
          expect(ordered.parts.map((part) => ("column" in part ? `<${part.column}>` : part.literal)).join("")).toBe(
            expected + (ends ? `${marks[5]}the end` : ""),
          );
          const share = (some: readonly PromptPart[]) =>
            sharedTextShare(joinColumns(some, rows, valuesOf).map((text) => text ?? ""));
          expect(share(ordered.parts)).toBe(ordered.sharedText);
          expect(share(parts)).toBe(ordered.sharedTextAsGiven);
          expect(ordered.sharedText).toBeGreaterThanOrEqual(ordered.sharedTextAsGiven);
        },
      ),
    );
  });
});
