/** The schema as a whole takes more than its limits. */
export class TooMuchWork extends Error {}

/** What taking a schema apart and writing its grammar may cost, counted in steps as the automata are (withinLanguageBudget);
 *  where they are used up the compilation ends. */
interface Account {
  stepsLeft: number;
  /** Asked before that: steps to go on with, or none. */
  more: () => number;
}

const none = () => 0;

/** A compilation runs from its beginning to its end without a pause, so that one place is enough for all that it calls. */
let account: Account | null = null;

/** Runs a compilation within its bounds. */
export function withinStructureBudget<Result>(steps: number, compile: () => Result): Result {
  const outer = account;
  account = { stepsLeft: steps, more: none };
  try {
    return compile();
  } finally {
    account = outer;
  }
}

/** Begins the count of what follows anew.
 *  @param more  asked where the steps are used up: how many more there are */
export function allowStructure(steps: number, more: () => number = none): void {
  if (account === null) return;
  account.stepsLeft = steps;
  account.more = more;
}

/** @throws {TooMuchWork} */
export function spendStructure(steps: number): void {
  if (account === null) return;
  account.stepsLeft -= steps;
  if (account.stepsLeft < 0) account.stepsLeft += account.more();
  if (account.stepsLeft < 0) throw new TooMuchWork();
}
