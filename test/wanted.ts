/** What a machine need not have and some tests want. */
export type Wanted = "addon" | "compiler" | "python" | "terminal";

/** Whether tests that want something of the machine can run. Where they can't that is said; where the environment's
 *  ROWMILL_TEST_REQUIRE names it (`python,compiler`), as CI's does, it is an error, so that nothing is left out unseen.
 *  @param left what is left out, and what it takes
 *  @throws {Error} with one line that says so */
export function canTest(wanted: Wanted, isThere: boolean, left: string): boolean {
  if (isThere) return true;
  const required = (process.env.ROWMILL_TEST_REQUIRE ?? "").split(",");
  if (required.includes(wanted)) throw new Error(`ROWMILL_TEST_REQUIRE names ${wanted}, and it is missing: ${left}`);
  console.log(`skipped: ${left}`);
  return false;
}
