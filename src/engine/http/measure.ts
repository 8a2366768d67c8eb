/** Bytes of text that one token stands for, about: of English prose 4 and more, of other scripts and of code fewer. */
const BYTES_PER_TOKEN = 4;

/** About how many tokens a text has, where there is no tokenizer. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}
