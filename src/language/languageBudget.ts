/** What the automata of one compilation may cost, counted in steps and never in time: the same schema always becomes the same
 *  grammar, on any machine and whatever was compiled before. A step takes some 50 ns. */
interface Account {
  stepsLeft: number;
  readonly paid: Set<string>;
}

/** A compilation runs from its beginning to its end without a pause, so that one place is enough for all that it calls. */
let account: Account | null = null;

/** Runs a compilation whose automata of strings and numbers may cost so many steps; what there is no room for is refused, and
 *  left to the check. */
export function withinLanguageBudget<Result>(steps: number, compile: () => Result): Result {
  const outer = account;
  account = { stepsLeft: steps, paid: new Set() };
  try {
    return compile();
  } finally {
    account = outer;
  }
}

/** Whether the compilation has room for an automaton at all. What is known from an earlier compilation counts like new. */
export function hasLanguageRoom(key: string): boolean {
  return account === null || account.stepsLeft > 0 || account.paid.has(key);
}

/** Counts an automaton, once a compilation.
 *  @returns false when it was too much: it is not to be used */
export function spendLanguage(key: string, steps: number): boolean {
  if (account === null || account.paid.has(key)) return true;
  account.stepsLeft -= steps;
  if (account.stepsLeft < 0) return false;
  account.paid.add(key);
  return true;
}
