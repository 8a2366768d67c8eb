/** Text from elsewhere (headers, rows, file names, models' metadata, other programs' errors) made fit for a message: nothing in
 *  it steers a terminal or turns its writing direction, and none of it is longer than a person reads. */

/** C0 and C1 controls, DEL, marks of writing direction, and the two separators that some terminals take for line breaks. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const LINE_BREAKS = /[ \t]*[\r\n\u2028\u2029][\s\u0085]*/g;

const LONGEST_QUOTE = 80;
const LISTED_NAMES = 10;
/** Less than a terminal of 24 lines and 80 columns. */
const LONGEST_MESSAGE = 1600;

/** Every character that a terminal would obey, not show, as its escape (`\u001b`): JSON's own, so that JSON stays JSON. Tabs and line
 *  ends stay. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === "\n" || character === "\t" ? character : escaped(character),
  );
}

/** The same in one line: line ends and the white space around them become a space, a tab is a space. */
export function oneLine(text: string): string {
  return visibleText(text.replace(LINE_BREAKS, " ").replaceAll("\t", " "));
}

/** A message in one line that fits on a screen: what is too long loses its middle, since its end says what to do. */
export function messageLine(text: string): string {
  // what is far too long is cut first: the rest is looked at character by character
  return cutMiddle(oneLine(cutMiddle(text, 4 * LONGEST_MESSAGE)).trimEnd(), LONGEST_MESSAGE);
}

/** A name or value in quotation marks, as JSON writes it, its middle cut where it is long. */
export function quoted(text: string): string {
  return visibleText(JSON.stringify(cutMiddle(text, LONGEST_QUOTE)));
}

/** The first of many names, and how many more there are: `"a", "b" and 98 more`. */
export function listed(names: readonly string[], show: (name: string) => string = quoted): string {
  const shown = names.slice(0, LISTED_NAMES).map(show).join(", ");
  const more = names.length - LISTED_NAMES;
  return more > 0 ? `${shown} and ${more.toLocaleString("en-US")} more` : shown;
}

/** At most `length` UTF-16 units, two thirds of them from the beginning. */
export function cutMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const tail = Math.floor((length - 3) / 3);
  const head = length - 3 - tail;
  // no half of a character at the cuts
  return `${text.slice(0, head).replace(/[\ud800-\udbff]$/, "")} … ${text.slice(-tail).replace(/^[\udc00-\udfff]/, "")}`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
