/** The schema as a whole takes more than its limits. */
export class TooMuchWork extends Error {}

/** What one compilation may cost, counted in steps and never in time: the same schema always becomes the same grammar, on
 *  any machine and whatever was compiled before. A step takes some 50 ns. */
interface Account {
  /** For automata of strings and numbers; where it is used up they are left to the check. */
  languageStepsLeft: number;
  readonly paid: Set<string>;
  /** For taking schemas apart and writing the grammar; where it is used up the compilation ends. */
  structureStepsLeft: number;
  /** Asked before that: steps to go on with, or none. */
  moreStructure: () => number;
}

/** A compilation runs from its beginning to its end without a pause, so that one place is enough for all that it calls. */
let account: Account | null = null;

/** Runs a compilation within its bounds. */
export function withinWork<Result>(languageSteps: number, structureSteps: number, compile: () => Result): Result {
  const outer = account;
  account = {
    languageStepsLeft: languageSteps,
    paid: new Set(),
    structureStepsLeft: structureSteps,
    moreStructure: none,
  };
  try {
    return compile();
  } finally {
    account = outer;
  }
}

const none = () => 0;

/** Begins the count of what follows anew; automata that were paid for stay so.
 *  @param more  asked where the steps are used up: how many more there are */
export function allowStructure(steps: number, more: () => number = none): void {
  if (account === null) return;
  account.structureStepsLeft = steps;
  account.moreStructure = more;
}

/** @throws {TooMuchWork} */
export function spendStructure(steps: number): void {
  if (account === null) return;
  account.structureStepsLeft -= steps;
  if (account.structureStepsLeft < 0) account.structureStepsLeft += account.moreStructure();
  if (account.structureStepsLeft < 0) throw new TooMuchWork();
}

/** Whether the compilation has room for an automaton at all. What is known from an earlier compilation counts like new. */
export function hasLanguageRoom(key: string): boolean {
  return account === null || account.languageStepsLeft > 0 || account.paid.has(key);
}

/** Counts an automaton, once a compilation.
 *  @returns false when it was too much: it is not to be used */
export function spendLanguage(key: string, steps: number): boolean {
  if (account === null || account.paid.has(key)) return true;
  account.languageStepsLeft -= steps;
  if (account.languageStepsLeft < 0) return false;
  account.paid.add(key);
  return true;
}
