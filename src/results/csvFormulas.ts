/** Text that a spreadsheet may run as a formula when it opens a CSV file: OWASP's "CSV Injection", with the full-width signs that
 *  Excel takes as well. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** Begins like a formula and is only a number. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A text that no spreadsheet takes for a formula: with an apostrophe before it, where it would. */
export function defuseFormula(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}
