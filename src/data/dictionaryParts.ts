import type { Data } from "apache-arrow";
import { gather } from "./arrowGather.js";

/** A dictionary's parts and one more, those at the end joined until each is longer than all behind it: so there are few however
 *  many come, and no value is copied more often than there are parts. */
export function withPart(parts: readonly Data[], added: Data): readonly Data[] {
  const kept = [...parts];
  let last = added;
  for (let before = kept.at(-1); before !== undefined && before.length <= last.length; before = kept.at(-1)) {
    kept.pop();
    last = joinParts(before, last);
  }
  return last.length === 0 ? kept : [...kept, last];
}

function joinParts(first: Data, second: Data): Data {
  const index = Int32Array.from({ length: first.length + second.length }, (_, i) =>
    i < first.length ? i : i - first.length,
  );
  const part = new Uint16Array(index.length).fill(1, first.length);
  return gather([first, second], { index, part });
}
