import type { WrittenRow } from "./runs.js";

/** Where two outputs of a row part. */
export interface Parting {
  readonly row: number;
  /** Tokens that both have before it. */
  readonly place: number;
  /** What each wrote there; null where it had ended. */
  readonly tokens: readonly [string | null, string | null];
  /** Of each one's token in its own arithmetic. */
  readonly logprobs: readonly [number, number];
  /** The difference of these; infinite where one had ended. */
  readonly gap: number;
  readonly texts: readonly [string, string];
}

export interface Comparison {
  readonly rows: number;
  /** Of the rows, those whose texts are equal. */
  readonly equalRows: number;
  readonly differences: readonly Parting[];
  /** The largest difference between the two log-probabilities of a token that both wrote behind the same tokens: what the
   *  arithmetic of other batches makes of the same sum. */
  readonly noise: number;
}

/** Whether two outputs parted over tokens that are as likely as each other, as far as the arithmetic can tell. Each took
 *  the likelier token by its own sums: had the sums been exact, the two tokens' log-probabilities would differ by no more
 *  than the gap and once the noise. */
export function isTie({ gap }: Parting, noise: number): boolean {
  return gap <= noise;
}

export function compareRuns(ours: readonly WrittenRow[], theirs: readonly WrittenRow[]): Comparison {
  const differences: Parting[] = [];
  let noise = 0;
  ours.forEach((own, row) => {
    const other = theirs[row] as WrittenRow;
    const place = commonTokens(own, other);
    for (let at = 0; at < place; at++)
      noise = Math.max(noise, Math.abs((own.logprobs[at] as number) - (other.logprobs[at] as number)));
    if (own.text !== other.text) differences.push(partingOf(row, place, own, other));
  });
  return { rows: ours.length, equalRows: ours.length - differences.length, differences, noise };
}

function partingOf(row: number, place: number, own: WrittenRow, other: WrittenRow): Parting {
  const decoder = new TextDecoder();
  const tokenOf = ({ tokens }: WrittenRow): string | null => {
    const token = tokens[place];
    return token === undefined ? null : decoder.decode(token);
  };
  const logprobOf = ({ logprobs }: WrittenRow): number => logprobs[place] ?? Number.POSITIVE_INFINITY;
  const logprobs = [logprobOf(own), logprobOf(other)] as const;
  return {
    ...{ row, place, tokens: [tokenOf(own), tokenOf(other)], logprobs, texts: [own.text, other.text] },
    gap: Math.abs(logprobs[0] - logprobs[1]),
  };
}

function commonTokens(a: WrittenRow, b: WrittenRow): number {
  const length = Math.min(a.tokens.length, b.tokens.length);
  for (let at = 0; at < length; at++) {
    if (Buffer.compare(a.tokens[at] as Uint8Array, b.tokens[at] as Uint8Array) !== 0) return at;
  }
  return length;
}
