import { expect, test } from "vitest";
import { figuresOf, judgeOwn, judgePeer } from "../../bench/schema/figures.js";
import type { OwnReplay } from "../../bench/schema/ownGrammar.js";
import { type TokenizedCase, withoutGrammar } from "../../bench/schema/replay.js";

const text = (tokens: Int32Array) => [...tokens].map((code) => String.fromCodePoint(code)).join("");

/** A case whose tokens are single characters. */
function caseOf(...instances: readonly (readonly [text: string, isValid: boolean])[]): TokenizedCase {
  return {
    name: "case",
    group: null,
    schemaText: "{}",
    instances: instances.map(([one, isValid]) => ({ text: one, isValid })),
    tokens: instances.map(([one]) => Int32Array.from(one, (char) => char.codePointAt(0)!)),
  };
}

function replayOf(ends: readonly number[], parts: Partial<OwnReplay> = {}): OwnReplay {
  return {
    compileError: null,
    ttfmNs: 3_000,
    coldNs: Float64Array.of(1_000, 3_000),
    warmNs: Float64Array.of(100),
    ends,
    checked: [],
    objections: ends.map(() => null),
    isUnsatisfiable: false,
    compileNs: 2_000,
    addedBytes: 0,
    ...parts,
  };
}

test("a schema passes when every valid instance is accepted to its end and every invalid one is not", () => {
  const one = caseOf(["12", true], ["3", false]);
  expect(judgeOwn(one, replayOf([-1, 0]), text)).toMatchObject({ passes: true, passesWithCheck: true, failures: [] });
  const cut = judgeOwn(one, replayOf([2, 0]), text);
  expect(cut).toMatchObject({ passes: false, passesWithCheck: false, rejects: true, accepts: false });
  expect(cut.failures).toEqual([{ name: "case", kind: "reject", reason: "…12⟦end⟧", failsWithCheck: true }]);
  expect(judgeOwn(one, replayOf([1, 0]), text).failures[0]?.reason).toBe("…1⟦2⟧");
  expect(judgeOwn(one, replayOf([-1, -1]), text)).toMatchObject({
    passes: false,
    passesWithCheck: false,
    accepts: true,
  });
});

test("a schema that the grammar holds in part gets no credit for the grammar, and passes with the check that decides", () => {
  const one = caseOf(["12", true], ["3", false]);
  const objections = [null, "must NOT be valid"];
  const part = judgeOwn(one, replayOf([-1, -1], { checked: ["not"], objections }), text);
  expect(part).toMatchObject({ hasWholeGrammar: false, passes: false, passesWithCheck: true, accepts: false });
  expect(part.failures.map(({ reason }) => reason)).toEqual(["checked after generation: not"]);
  const missed = judgeOwn(one, replayOf([-1, -1], { checked: ["not"] }), text);
  expect(missed).toMatchObject({ passesWithCheck: false });
  const refusing = judgeOwn(one, replayOf([0, -1], { checked: ["not"], objections }), text);
  expect(refusing).toMatchObject({ passesWithCheck: false, rejects: true });
});

test("a grammar said to be whole that accepts an invalid instance is wrong, whatever the check says", () => {
  const one = caseOf(["3", false]);
  expect(judgeOwn(one, replayOf([-1], { objections: ["must be 4"] }), text)).toMatchObject({
    passes: false,
    passesWithCheck: true,
    accepts: true,
  });
});

test("a check that refuses a valid instance fails the schema with the check alone", () => {
  const one = caseOf(["3", true]);
  expect(judgeOwn(one, replayOf([-1], { objections: ["must be 4"] }), text)).toMatchObject({
    passes: true,
    passesWithCheck: false,
  });
});

test("a refused schema passes with the check only when it was found to have no values and has no valid instance", () => {
  const refused = (isUnsatisfiable: boolean): OwnReplay => ({
    ...replayOf([]),
    ...withoutGrammar("ROWMILL_X: why"),
    isUnsatisfiable,
  });
  expect(judgeOwn(caseOf(["3", false]), refused(true), text)).toMatchObject({ passes: false, passesWithCheck: true });
  expect(judgeOwn(caseOf(["3", false], ["4", true]), refused(true), text)).toMatchObject({ passesWithCheck: false });
  expect(judgeOwn(caseOf(["3", false]), refused(false), text)).toMatchObject({ passesWithCheck: false });
  expect(judgeOwn(caseOf(), refused(true), text)).toMatchObject({ passesWithCheck: false });
});

test("a peer passes with a check that never errs where it refuses no valid instance", () => {
  const one = caseOf(["12", true], ["3", false]);
  expect(judgePeer(one, replayOf([-1, -1]), text)).toMatchObject({
    passes: false,
    passesWithCheck: true,
    accepts: true,
  });
  expect(judgePeer(one, replayOf([0, 0]), text)).toMatchObject({
    passes: false,
    passesWithCheck: false,
    rejects: true,
  });
});

test("figures count schemas, and times in microseconds of those that have a grammar", () => {
  const one = caseOf(["12", true], ["3", false]);
  const replays = [replayOf([-1, 0]), replayOf([1, -1]), { ...replayOf([]), ...withoutGrammar("no") }];
  const figures = figuresOf(
    replays.map((replay) => judgeOwn(one, replay, text)),
    replays,
  );
  expect(figures).toMatchObject({ schemas: 3, passing: 1, passingWithCheck: 1, compileErrors: 1 });
  expect(figures).toMatchObject({ wronglyRejected: 1, wronglyAccepted: 1 });
  expect(figures.maskUs).toEqual({ count: 4, mean: 2, p50: 3, p99: 3, max: 3 });
  expect(figures.maskWarmUs).toMatchObject({ count: 2, mean: 0.1 });
  expect(figures.ttfmUs).toMatchObject({ count: 2, mean: 3 });
  expect(figures.failures.map(({ kind }) => kind)).toEqual(["reject", "accept", "compile"]);
});
