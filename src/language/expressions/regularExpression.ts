/** A regular expression as JSON Schema's `pattern` means it: ECMA-262 with the flag `u`. Where that is refused, as `\-` and a
 *  lone `}` are, the older grammar is taken (Annex B), which is what most validators do; but not for what it takes for other
 *  characters than anybody means by them: `\p{Nope}`, `\u{110000}`.
 *  @throws {SyntaxError} with the place */
export function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (error) {
    if (wrongEscape(source, NEVER_MEANT) !== null) throw placed(source, error);
    try {
      return new RegExp(source);
    } catch {
      throw placed(source, error);
    }
  }
}

/** A regular expression with the flag `u` and no other grammar.
 *  @throws {SyntaxError} with the place */
export function strictRegularExpression(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (error) {
    throw placed(source, error);
  }
}

const ESCAPES = /\\(?:[pP]\{[^}]*\}?|u\{[^}]*\}?|k<[^>]*>?|x[0-9A-Fa-f]{0,2}|u[0-9A-Fa-f]{0,4}|c[A-Za-z]?|.)/gs;
const NEVER_MEANT = /^\\(?:[pP]|u\{)/;
/** Longer ones are not searched for the place. */
const LONGEST_SEARCHED = 2000;

/** The first escape of a kind that the flag `u` refuses by itself. */
function wrongEscape(source: string, kind = /^/): { readonly text: string; readonly at: number } | null {
  for (const { 0: text, index } of source.matchAll(ESCAPES)) {
    // a back-reference is right or wrong by the groups around it, and \- in a class only
    if (!kind.test(text) || /^\\[1-9k-]/.test(text)) continue;
    if (reasonOf(text) !== null) return { text, at: index };
  }
  return null;
}

/** Why an expression is refused, null where it is not. */
function reasonOf(source: string): string | null {
  try {
    new RegExp(source, "u");
    return null;
  } catch (error) {
    // "Invalid regular expression: /…/u: the reason"
    return (error as Error).message.slice(`Invalid regular expression: /${source}/u: `.length);
  }
}

function placed(source: string, cause: unknown): SyntaxError {
  const wrong = wrongEscape(source);
  const reason = wrong === null ? reasonOf(source) : reasonOf(wrong.text);
  const at = wrong === null ? placeOf(source, reason) : wrong.at;
  const what = wrong === null ? source : wrong.text;
  const place = at === null ? "" : ` at character ${at + 1}`;
  const shown = what.length > 60 ? `${what.slice(0, 60)}…` : what;
  return new SyntaxError(`${shown}: ${reason}${place}`, { cause });
}

/** Where the mistake stands: behind the longest beginning that is refused for another reason, or for none.
 *  @returns the character's index; null for what is too long to be searched */
function placeOf(source: string, reason: string | null): number | null {
  if (source.length > LONGEST_SEARCHED) return null;
  for (let length = source.length - 1; length >= 0; length--) {
    if (reasonOf(source.slice(0, length)) !== reason) return length;
  }
  return 0;
}
