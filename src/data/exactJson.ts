const LARGE_INTEGER = /^-?[1-9]\d{15,}$/;

/** A JSON number as a plain value (see plainValue): an integer that a JavaScript number would give back otherwise is its
 *  digits. */
export function exactNumber(text: string): number | string {
  const value = Number(text);
  return LARGE_INTEGER.test(text) && String(value) !== text ? text : value;
}

/** Parses JSON; its numbers as `exactNumber` has them, at every depth.
 *  @throws {SyntaxError} */
export function parseExactJson(text: string): unknown {
  return JSON.parse(/\d{16}/.test(text) ? quoteLargeIntegers(text) : text);
}

function quoteLargeIntegers(text: string): string {
  let isInString = false;
  // quote by quote: an expression for whole strings runs out of stack at 15 MB
  return text.replace(/"|\\.|-?\d[\d.eE+-]*/g, (token) => {
    if (token === '"') isInString = !isInString;
    return !isInString && typeof exactNumber(token) === "string" ? `"${token}"` : token;
  });
}
