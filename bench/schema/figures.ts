import type { OwnReplay } from "./ownGrammar.js";
import type { PeerRun } from "./peers.js";
import { ACCEPTED, type SchemaReplay, type TokenizedCase } from "./replay.js";

/** Microseconds. */
export interface Times {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Why a schema does not count as passing: no grammar or not a whole one (`compile`), a valid instance refused (`reject`),
 *  an invalid one accepted (`accept`), a valid one that the check after generation refuses (`check`). */
export interface Failure {
  readonly name: string;
  readonly kind: "compile" | "reject" | "accept" | "check";
  readonly reason: string;
  /** Grammar and check together still decide some instance wrongly. */
  readonly failsWithCheck: boolean;
}

/** What a run found. Everything counts schemas, as MaskBench does; a schema that both refuses a valid instance and
 *  accepts an invalid one counts under both. */
export interface Figures {
  readonly schemas: number;
  readonly passing: number;
  readonly passingWithCheck: number;
  /** Refused at compile time or not held whole: both count as the protocol's compile errors. */
  readonly compileErrors: number;
  /** Of these, the ones that are refused. */
  readonly refused: number;
  readonly wronglyRejected: number;
  readonly wronglyAccepted: number;
  readonly maskUs: Times;
  readonly maskWarmUs: Times;
  readonly ttfmUs: Times;
  readonly failures: readonly Failure[];
}

/** How one schema came out. */
export interface Verdict {
  readonly hasWholeGrammar: boolean;
  readonly rejects: boolean;
  readonly accepts: boolean;
  readonly passes: boolean;
  readonly passesWithCheck: boolean;
  readonly failures: readonly Failure[];
}

/** What a schema leaves to the check, each keyword once, without its places. */
export function keywordsOf(checked: readonly string[]): readonly string[] {
  return [...new Set(checked.map((one) => one.replace(/ at #\S*/, "").replace(/\d+/g, "N")))];
}

export type TextOf = (tokens: Int32Array) => string;

/** A schema that the grammar holds only in part gets no credit in `passes`, as a peer that refuses it gets none. */
export function judgeOwn(one: TokenizedCase, replay: OwnReplay, textOf: TextOf): Verdict {
  const { name } = one;
  if (replay.compileError !== null) {
    // refused with reason: every one of its instances is rightly refused
    const isRight =
      replay.isUnsatisfiable && one.instances.length > 0 && one.instances.every(({ isValid }) => !isValid);
    const failure: Failure = { name, kind: "compile", reason: replay.compileError, failsWithCheck: !isRight };
    return { ...NO_GRAMMAR, passesWithCheck: isRight, failures: [failure] };
  }
  const isWhole = replay.checked.length === 0;
  const failures: Failure[] = [];
  if (!isWhole) {
    const reason = `checked after generation: ${short(replay.checked.join("; "))}`;
    failures.push({ name, kind: "compile", reason, failsWithCheck: false });
  }
  for (const [index, { isValid, text }] of one.instances.entries()) {
    const end = replay.ends[index]!;
    const objection = replay.objections[index]!;
    if (isValid && end !== ACCEPTED) {
      failures.push({ name, kind: "reject", reason: around(one.tokens[index]!, end, textOf), failsWithCheck: true });
    } else if (isValid && objection !== null) {
      failures.push({ name, kind: "check", reason: `${objection} in ${short(text)}`, failsWithCheck: true });
    } else if (!isValid && end === ACCEPTED && (isWhole || objection === null)) {
      failures.push({ name, kind: "accept", reason: short(text), failsWithCheck: objection === null });
    }
  }
  const rejects = failures.some(({ kind }) => kind === "reject");
  const accepts = isWhole && failures.some(({ kind }) => kind === "accept");
  return {
    hasWholeGrammar: isWhole,
    rejects,
    accepts,
    passes: isWhole && !rejects && !accepts,
    passesWithCheck: failures.every(({ failsWithCheck }) => !failsWithCheck),
    failures,
  };
}

/** A peer has no check of its own: with one that knows every invalid instance, it passes where it refuses no valid one. */
export function judgePeer(one: TokenizedCase, replay: SchemaReplay, textOf: TextOf): Verdict {
  const { name } = one;
  if (replay.compileError !== null) {
    const failure: Failure = { name, kind: "compile", reason: replay.compileError, failsWithCheck: true };
    return { ...NO_GRAMMAR, failures: [failure] };
  }
  const failures: Failure[] = [];
  for (const [index, { isValid, text }] of one.instances.entries()) {
    const end = replay.ends[index]!;
    if (isValid && end !== ACCEPTED) {
      failures.push({ name, kind: "reject", reason: around(one.tokens[index]!, end, textOf), failsWithCheck: true });
    } else if (!isValid && end === ACCEPTED) {
      failures.push({ name, kind: "accept", reason: short(text), failsWithCheck: false });
    }
  }
  const rejects = failures.some(({ kind }) => kind === "reject");
  const accepts = failures.some(({ kind }) => kind === "accept");
  return { hasWholeGrammar: true, rejects, accepts, passes: !rejects && !accepts, passesWithCheck: !rejects, failures };
}

const NO_GRAMMAR = { hasWholeGrammar: false, rejects: false, accepts: false, passes: false, passesWithCheck: false };

export function figuresOf(verdicts: readonly Verdict[], replays: readonly SchemaReplay[]): Figures {
  const count = (is: (verdict: Verdict) => boolean) => verdicts.filter(is).length;
  const compiled = replays.filter(({ compileError }) => compileError === null);
  return {
    schemas: verdicts.length,
    passing: count(({ passes }) => passes),
    passingWithCheck: count(({ passesWithCheck }) => passesWithCheck),
    compileErrors: count(({ hasWholeGrammar }) => !hasWholeGrammar),
    refused: verdicts.length - compiled.length,
    wronglyRejected: count(({ rejects }) => rejects),
    wronglyAccepted: count(({ accepts }) => accepts),
    maskUs: timesOf(compiled.map(({ coldNs }) => coldNs)),
    maskWarmUs: timesOf(compiled.map(({ warmNs }) => warmNs)),
    ttfmUs: timesOf([Float64Array.from(compiled, ({ ttfmNs }) => ttfmNs)]),
    failures: verdicts.flatMap(({ failures }) => failures),
  };
}

export function peerFigures(run: PeerRun, cases: readonly TokenizedCase[], textOf: TextOf): Figures {
  return figuresOf(
    run.replays.map((replay, index) => judgePeer(cases[index]!, replay, textOf)),
    run.replays,
  );
}

/** @param nanoseconds  lists that count as one */
function timesOf(nanoseconds: readonly Float64Array[]): Times {
  const all = new Float64Array(nanoseconds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  let sum = 0;
  for (const list of nanoseconds) {
    all.set(list, at);
    at += list.length;
    for (const time of list) sum += time;
  }
  all.sort();
  const quantile = (share: number) => (all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0) / 1000;
  const mean = all.length === 0 ? 0 : sum / all.length / 1000;
  return { count: all.length, mean, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

/** The text before the refused token and the text from it on. */
function around(tokens: Int32Array, end: number, textOf: TextOf): string {
  const before = textOf(tokens.slice(Math.max(0, end - 16), end));
  return end === tokens.length ? `…${before}⟦end⟧` : `…${before}⟦${textOf(tokens.slice(end, end + 8))}⟧`;
}

function short(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}
