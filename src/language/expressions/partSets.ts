/** What has a number of its own. */
export interface Numbered {
  readonly id: number;
}

/** The parts once each, ascending by their numbers; the list itself where it is so already. */
export function inOrder<Part extends Numbered>(parts: Part[]): Part[] {
  let isInOrder = true;
  for (let at = 1; isInOrder && at < parts.length; at++) isInOrder = parts[at - 1]!.id < parts[at]!.id;
  if (isInOrder) return parts;
  parts.sort((a, b) => a.id - b.id);
  return parts.filter((part, at) => at === 0 || part !== parts[at - 1]);
}

/** Finds what was made of the same parts before: by a hash of their numbers, since a text of them takes longer to make and to
 *  look up than all else that a union of languages needs. */
export class PartSets<Part extends Numbered, Made extends { readonly parts: readonly Part[] }> {
  readonly #byHash = new Map<number, Made[]>();

  /** @param parts  in order
   *  @param make   given the parts as a list of its own */
  of(parts: readonly Part[], make: (parts: readonly Part[]) => Made): Made {
    let hash = 0;
    for (const { id } of parts) {
      hash = Math.imul(hash ^ id, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const alike = this.#byHash.get(hash);
    if (alike !== undefined) for (const known of alike) if (areSame(known.parts, parts)) return known;
    const made = make(parts.slice());
    if (alike === undefined) this.#byHash.set(hash, [made]);
    else alike.push(made);
    return made;
  }
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
