import type { Engine } from "./engine.js";

/** Token ids of what stands before and behind every row. */
export interface FrameTokens {
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
}

/** Prefix and suffix of a rendered chat as token ids, special tokens counting as such; the BOS token goes first where
 *  the model wants one that its template leaves out. */
export function tokenizeFrame(
  engine: Engine,
  frame: { readonly prefix: string; readonly suffix: string },
): FrameTokens {
  const { bosText, prependsBos } = engine.facts;
  const needsBos = prependsBos && bosText !== null && !frame.prefix.startsWith(bosText);
  return {
    prefix: engine.tokenizeTemplate(needsBos ? bosText + frame.prefix : frame.prefix),
    suffix: engine.tokenizeTemplate(frame.suffix),
  };
}
