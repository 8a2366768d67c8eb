import type { EngineRow } from "../engine.js";

const MOST_CUTS = 12;
/** Of the share of a text that would fit, what is sent: tokens are not spread evenly. */
const CUT_SHARE = 0.95;
const CUT_BLINDLY = 0.5;
/** Of a row's text, so much that it begins as the row before it. */
const SHARED_MUCH = 0.25;

/** A row on its way, and what it has met. */
export interface Trial {
  readonly row: EngineRow;
  /** What of its text is sent. */
  text: string;
  cuts: number;
  /** How often the server has failed over it: while it answered others, and in all. */
  strikes: { beside: number; all: number };
  refusals: number;
  /** How many answers others had got when it last failed. */
  answersBefore: number;
  /** The same of its first failure. */
  answersFirst: number | null;
}

export function newTrial(row: EngineRow): Trial {
  const strikes = { beside: 0, all: 0 };
  return { row, text: row.text, cuts: 0, strikes, refusals: 0, answersBefore: -1, answersFirst: null };
}

/** Cuts the end of what is sent, more each time: the share is of the whole prompt, and tokens are not spread evenly.
 *  @param share  of the prompt, what would fit; null where nobody knows
 *  @returns false where nothing would be left, or it was cut too often */
export function cutText(trial: Trial, share: number | null): boolean {
  const part = share === null ? CUT_BLINDLY : share * CUT_SHARE ** (trial.cuts + 1);
  const kept = Math.floor(trial.text.length * part);
  trial.cuts++;
  if (trial.cuts > MOST_CUTS || kept === 0) return false;
  // not in the middle of a pair of code units
  trial.text = trial.text.slice(0, kept).replace(/[\uD800-\uDBFF]$/, "");
  return true;
}

/** How much of their beginnings two rows share, in characters. */
export function sharedLength({ row: { text } }: Trial, { row: { text: other } }: Trial): number {
  const most = Math.min(text.length, other.length);
  let length = 0;
  while (length < most && text.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}

/** Whether neighbours share so much that to wait for the slot that has it is quicker than to read it again. */
export function shareMuch([first, next]: readonly Trial[]): boolean {
  if (first === undefined || next === undefined || next.row.text === "") return false;
  return sharedLength(first, next) >= SHARED_MUCH * next.row.text.length;
}
