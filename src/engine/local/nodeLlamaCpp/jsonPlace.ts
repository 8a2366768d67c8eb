/** Where the value begins that members of objects within objects lead to.
 *  @param json may end too early
 *  @param path for each member its name as the text may write it, quotes included; [] for the whole text
 *  @returns null where there is none */
export function findJsonValue(json: string, path: readonly (readonly string[])[]): number | null {
  let at: number | null = skipSpace(json, 0);
  for (const names of path) {
    at = memberValue(json, at, names);
    if (at === null) return null;
  }
  return at < json.length ? at : null;
}

/** Where the value begins of a member of the object at a place. */
function memberValue(json: string, place: number, names: readonly string[]): number | null {
  if (json[place] !== "{") return null;
  for (let at = skipSpace(json, place + 1); json[at] === '"'; at = skipSpace(json, at + 1)) {
    const nameEnd = stringEnd(json, at);
    const name = json.slice(at, nameEnd);
    const colon = skipSpace(json, nameEnd);
    if (json[colon] !== ":") return null;
    const value = skipSpace(json, colon + 1);
    if (names.includes(name)) return value;
    at = valueEnd(json, value);
    if (json[at] !== ",") return null;
  }
  return null;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (at < json.length && " \t\n\r".includes(json[at] as string)) at++;
  return at;
}

/** Behind the closing quote. */
function stringEnd(json: string, opening: number): number {
  let at = opening + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, json.length);
}

/** The comma or bracket behind a value. */
function valueEnd(json: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < json.length && (depth > 0 || !",}]".includes(json[at] as string))) {
    const char = json[at] as string;
    if ("{[".includes(char)) depth++;
    if ("}]".includes(char)) depth--;
    at = char === '"' ? stringEnd(json, at) : at + 1;
  }
  return at;
}
