/** An output's tokens and the natural logarithm of the probability that the model itself gave each, by columns. */
export interface TokenLogprobs {
  /** The tokens' UTF-8, one behind the other; a token may be a part of a character. */
  readonly bytes: Uint8Array;
  /** Bytes of each token. */
  readonly lengths: Uint16Array;
  readonly logprobs: Float32Array;
}
