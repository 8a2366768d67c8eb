/** A regular expression as JSON Schema's `pattern` means it: ECMA-262 with the flag `u`. Where that is refused, as `\-` and a
 *  lone `}` are, the older grammar is taken (Annex B), which is what most validators do.
 *  @throws {SyntaxError} */
export function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (error) {
    try {
      return new RegExp(source);
    } catch {
      throw error;
    }
  }
}
