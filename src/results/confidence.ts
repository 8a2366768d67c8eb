import { objectOf } from "../data/index.js";

/** A field of a job's outputs whose labels have probabilities. */
export interface ConfidenceField {
  /** The names of the members that lead to it; [] where the output itself is the label. */
  readonly path: readonly string[];
  readonly labels: readonly string[];
}

/** A row's probabilities by label, in objects like the output's own: `{"mood": {"good": 0.9, "bad": 0.1}}`; without the fields that
 *  the output lacks.
 *  @param probabilities for each field one a label, null where the output has no such field */
export function confidenceOf(
  fields: readonly ConfidenceField[],
  probabilities: readonly (readonly number[] | null)[] | undefined,
): object | null {
  if (probabilities === undefined) return null;
  const root: Tree = new Map();
  fields.forEach(({ path, labels }, at) => {
    const own = probabilities[at];
    if (own === null || own === undefined) return;
    const place = path.reduce(branchOf, root);
    labels.forEach((label, index) => {
      place.set(label, own[index] ?? 0);
    });
  });
  return plain(root);
}

type Tree = Map<string, Tree | number>;

function branchOf(tree: Tree, name: string): Tree {
  const known = tree.get(name);
  if (known instanceof Map) return known;
  const branch: Tree = new Map();
  tree.set(name, branch);
  return branch;
}

function plain(tree: Tree): object {
  return objectOf([...tree].map(([name, value]) => [name, value instanceof Map ? plain(value) : value]));
}
