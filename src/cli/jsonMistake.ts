const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them in strings
const STRING_CONTENT = /(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** Deeper than this nobody looks for a mistake, and the stack has an end. */
const MOST_LEVELS = 1000;

/** Where a text stops being JSON (RFC 8259): V8's own message tells the place of some mistakes only.
 *  @returns the index of the first character that can't stand there, the text's length when its end is missing, `null`
 *  for valid JSON, and for a text nested deeper than 1000 levels */
export function findJsonMistake(text: string): number | null {
  let at = 0;
  let levels = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const length = pattern.exec(text)?.[0].length ?? 0;
    at += length;
    return length > 0;
  };
  const takeSign = (sign: string): boolean => {
    take(SPACE);
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const takeString = (): boolean => {
    if (!takeSign('"')) return false;
    take(STRING_CONTENT);
    if (text[at] !== '"') return false;
    at += 1;
    return true;
  };
  const takeList = (end: string, takeOne: () => boolean): boolean => {
    if (takeSign(end)) return true;
    if (++levels > MOST_LEVELS) return false;
    do {
      if (!takeOne()) return false;
    } while (takeSign(","));
    levels--;
    return takeSign(end);
  };
  const takeMember = () => takeString() && takeSign(":") && takeValue();
  const takeValue = (): boolean => {
    if (takeSign("{")) return takeList("}", takeMember);
    if (takeSign("[")) return takeList("]", takeValue);
    return text[at] === '"' ? takeString() : take(SCALAR);
  };
  const isWhole = takeValue();
  if (isWhole) take(SPACE);
  return (isWhole && at === text.length) || levels > MOST_LEVELS ? null : at;
}
