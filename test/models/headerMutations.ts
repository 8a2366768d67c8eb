import fc from "fast-check";
import type { DamagedModel } from "../engine/damagedModel.js";

const NUMBERS = [0, 1, 2, 3, 5, 7, 16, 63, 64, 255, 1000, 4095, 4096, 65_535, 0x7fffffff, 0x80000000, 0xffffffff];
/** Words that llama.cpp knows as vocabularies, splitters or architectures. */
const WORDS =
  "llama gpt2 bert t5 rwkv plamo2 gemma4 whitespace hybriddna none default llama3 qwen2 mamba mixtral phi3 gemma2".split(
    " ",
  );

/** Where a header's values lie that are one number or one text. */
interface Values {
  readonly numbers: readonly { readonly key: string; readonly at: number }[];
  readonly texts: readonly { readonly key: string; readonly at: number }[];
}

/** One thing that a header says otherwise. */
export type Mutation =
  | { readonly kind: "number"; readonly pick: number; readonly value: number }
  | { readonly kind: "text"; readonly pick: number; readonly word: string };

export const mutations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("number" as const), pick: fc.nat(), value: fc.constantFrom(...NUMBERS) }),
    fc.record({ kind: fc.constant("text" as const), pick: fc.nat(), word: fc.constantFrom(...WORDS) }),
  ),
  { minLength: 1, maxLength: 2 },
);

/** Makes the starter's header say what it should not, as a header that is well formed.
 *  @returns what was changed, in words */
export function mutate(model: DamagedModel, changes: readonly Mutation[]): string {
  const said: string[] = [];
  for (const change of changes) {
    const { numbers, texts } = valuesOf(model.bytes);
    const places = change.kind === "number" ? numbers : texts;
    const place = places[change.pick % places.length];
    if (place === undefined) continue;
    if (change.kind === "number") {
      model.bytes.writeUInt32LE(change.value, place.at);
      said.push(`${place.key} = ${change.value}`);
    } else {
      model.setText(place.key, change.word);
      said.push(`${place.key} = ${change.word}`);
    }
  }
  return said.join(", ");
}

const WIDTHS: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

function valuesOf(bytes: Buffer): Values {
  const numbers: { key: string; at: number }[] = [];
  const texts: { key: string; at: number }[] = [];
  let at = 16;
  const count = Number(bytes.readBigUInt64LE(at));
  at += 8;
  const readText = (): string => {
    const length = Number(bytes.readBigUInt64LE(at));
    at += 8 + length;
    return bytes.toString("latin1", at - length, at);
  };
  for (let entry = 0; entry < count; entry++) {
    const key = readText();
    const type = bytes.readUInt32LE(at);
    at += 4;
    if (type === 8) {
      texts.push({ key, at });
      readText();
    } else if (type === 9) {
      const of = bytes.readUInt32LE(at);
      const length = Number(bytes.readBigUInt64LE(at + 4));
      at += 12;
      if (of === 8) for (let value = 0; value < length; value++) readText();
      else at += length * (WIDTHS[of] ?? 0);
    } else {
      if (WIDTHS[type] === 4) numbers.push({ key, at });
      at += WIDTHS[type] ?? 0;
    }
  }
  return { numbers, texts };
}
