/** A message in one line: names and expressions out of a schema may have line ends in them. */
export function inOneLine(message: string): string {
  return message.replace(/[ \t]*[\r\n\u2028\u2029]+[ \t]*/g, " ");
}
