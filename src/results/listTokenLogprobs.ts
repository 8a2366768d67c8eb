import type { TokenLogprobs } from "../tokenLogprobs.js";

export interface TokenLogprob {
  /** Its text; what is no whole character is U+FFFD. */
  readonly token: string;
  /** To six decimals: single precision has no more. */
  readonly logprob: number;
}

/** One a token, in the output's order. */
export function listTokenLogprobs({ bytes, lengths, logprobs }: TokenLogprobs): TokenLogprob[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let begin = 0;
  return Array.from(lengths, (length, at) => {
    const token = text.toString("utf8", begin, begin + length);
    begin += length;
    // adding 0 makes 0 of -0
    return { token, logprob: Number((logprobs[at] ?? Number.NaN).toFixed(6)) + 0 };
  });
}
