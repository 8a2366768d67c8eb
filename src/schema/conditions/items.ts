import { type Alternative, atomsOf, type Clause } from "./atoms.js";

/** What the element at a place must satisfy, apart from `contains`. */
export function itemClause(way: Alternative, place: number): Clause {
  const clause = atomsOf(way, "items").flatMap(({ group: { prefix, rest, from } }) => {
    if (place < from) return [];
    const node = prefix[place] ?? rest;
    return node === null ? [] : [{ node, isNegated: false }];
  });
  const own = atomsOf(way, "item").filter((atom) => atom.place === place);
  return [...clause, ...own.map(({ literal }) => literal)];
}

/** The place from which on all elements are spoken of alike. */
export function firstAlike(way: Alternative): number {
  return Math.max(
    0,
    ...atomsOf(way, "items").map(({ group }) => Math.max(group.prefix.length, group.from)),
    ...atomsOf(way, "item").map(({ place }) => place + 1),
    ...atomsOf(way, "contains").map(({ from }) => from),
  );
}
