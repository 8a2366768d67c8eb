import { describe, expect, it } from "vitest";
import { nearestName, nearestNames } from "../src/nearestName.js";

describe("the name that a word may be a misspelling of", () => {
  it.each([
    ["SUBJECT", ["from", "subject", "body"], "subject"],
    ["Body", ["bod", "body"], "body"],
    ["temprature", ["topP", "temperature"], "temperature"],
    ["samplingparams", ["sampling", "samplingParams"], "samplingParams"],
    ["subj", ["from", "subject"], "subject"],
    ["xyz", ["id", "text"], undefined],
    ["anything", [], undefined],
    ["x".repeat(100_000), ["x"], undefined],
  ] as const)("is for %j among %j %j", (word, names, nearest) => {
    expect(nearestName(word, names)).toBe(nearest);
  });

  it("is told with others, the nearest first", () => {
    expect(nearestNames("qwen-3-4", ["llama", "qwen-3-14b", "qwen-3-4b", "QWEN-3-4"])).toEqual([
      "QWEN-3-4",
      "qwen-3-4b",
      "qwen-3-14b",
    ]);
  });

  it("differs in no more letters than are said, and is none that the word only begins", () => {
    expect(nearestName("from", ["form"], 1)).toBeUndefined();
    expect(nearestName("subj", ["subject"], 2)).toBeUndefined();
    expect(nearestName("tittle", ["title"], 2)).toBe("title");
  });
});
