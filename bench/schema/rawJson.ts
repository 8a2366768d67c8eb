/** A JSON value that keeps what JSON.parse loses: how numbers are spelled, and the order of keys that look like integers. */
export type RawJson =
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, RawJson> }
  | { readonly kind: "array"; readonly places: readonly RawJson[] }
  | { readonly kind: "string"; readonly value: string }
  /** A number as it is spelled, true, false or null. */
  | { readonly kind: "word"; readonly text: string };

const SPACE = /[ \t\n\r]*/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;

/** Reads one JSON text. A key that an object has twice keeps its first place and its last value, as in Python.
 *  @throws {SyntaxError} not JSON, with the place */
export function readRawJson(text: string): RawJson {
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    at = pattern.lastIndex;
    return match[0];
  };
  const takeSign = (sign: string): boolean => {
    take(SPACE);
    if (text[at] !== sign) return false;
    at++;
    return true;
  };
  const wrong = (): never => {
    throw new SyntaxError(`not JSON at character ${at}: ${JSON.stringify(text.slice(at, at + 20))}`);
  };
  const takeString = (): string => {
    take(SPACE);
    return JSON.parse(take(STRING) ?? wrong()) as string;
  };
  const takeValue = (): RawJson => {
    take(SPACE);
    if (text[at] === '"') return { kind: "string", value: takeString() };
    if (takeSign("{")) {
      const members = new Map<string, RawJson>();
      if (takeSign("}")) return { kind: "object", members };
      do {
        const key = takeString();
        if (!takeSign(":")) wrong();
        members.set(key, takeValue());
      } while (takeSign(","));
      return takeSign("}") ? { kind: "object", members } : wrong();
    }
    if (takeSign("[")) {
      const places: RawJson[] = [];
      if (takeSign("]")) return { kind: "array", places };
      do places.push(takeValue());
      while (takeSign(","));
      return takeSign("]") ? { kind: "array", places } : wrong();
    }
    return { kind: "word", text: take(WORD) ?? wrong() };
  };
  const value = takeValue();
  take(SPACE);
  return at === text.length ? value : wrong();
}

/** The value as Python's `json.dumps(value, ensure_ascii=False)` writes it, which is how MaskBench replays an instance:
 *  ", " and ": " between, non-ASCII as it is, only `"`, `\` and control characters escaped. Numbers stay as they are spelled.
 *  A lone surrogate, which Python could not encode, is escaped. */
export function writeRawJson(value: RawJson): string {
  switch (value.kind) {
    case "word":
      return value.text;
    case "string":
      return JSON.stringify(value.value);
    case "array":
      return `[${value.places.map(writeRawJson).join(", ")}]`;
    case "object":
      return `{${[...value.members].map(([key, member]) => `${JSON.stringify(key)}: ${writeRawJson(member)}`).join(", ")}}`;
  }
}
