import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from "node-llama-cpp";
import type { LabelNode } from "./labels.js";

type Distribution = ReadonlyMap<Token, number>;

/** What scoring a row's labels takes. */
export interface LabelScoring {
  readonly tree: LabelNode;
  /** Tokens of each label. */
  readonly lengths: readonly number[];
  /** The tokens that end a turn. */
  readonly endTokens: readonly Token[];
}

/** The natural logarithm of each label's probability behind what the sequence holds and the prompt: of all its tokens and of
 *  any end of turn after them. Exact: no label is sampled, none is left out. Evaluates the prompt, then each way down the
 *  tree once; leaves the prompt in the sequence.
 *  @param prompt at least one token */
export async function scoreLabels(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  scoring: LabelScoring,
): Promise<number[]> {
  const logprobs = Array<number>(scoring.lengths.length).fill(Number.NEGATIVE_INFINITY);
  const read = async (tokens: readonly Token[], isWanted: (place: number) => boolean): Promise<Distribution[]> => {
    const input = tokens.map(
      (token, place): ControlledEvaluateInputItem =>
        isWanted(place) ? [token, { generateNext: { probabilities: true } }] : token,
    );
    const outputs = await sequence.controlledEvaluate(input);
    return tokens.map((_, place) => outputs[place]?.next.probabilities ?? new Map<Token, number>());
  };
  const walk = async (node: LabelNode, next: Distribution, logprob: number): Promise<void> => {
    if (node.label !== null) {
      const ends = scoring.endTokens.reduce((sum, token) => sum + (next.get(token) ?? 0), 0);
      logprobs[node.label] = logprob + Math.log(ends);
    }
    for (const [first, child] of node.children) {
      const { tokens, end } = stretchOf(first, child);
      const base = sequence.nextTokenIndex;
      const after = await read(tokens, () => true);
      const before = [next, ...after];
      const sum = tokens.reduce((total, token, place) => total + Math.log(before[place]?.get(token) ?? 0), logprob);
      await walk(end, after.at(-1) as Distribution, sum);
      await sequence.eraseContextTokenRanges([{ start: base, end: sequence.nextTokenIndex }]);
    }
  };
  const last = prompt.length - 1;
  const [afterPrompt] = (await read(prompt, (place) => place === last)).slice(-1);
  await walk(scoring.tree, afterPrompt as Distribution, 0);
  return logprobs;
}

/** The tokens from a child on to the next fork or end: they are evaluated in one go. */
function stretchOf(first: number, child: LabelNode): { tokens: Token[]; end: LabelNode } {
  const tokens = [first];
  let end = child;
  while (end.label === null && end.children.size === 1) {
    const [[token, next]] = [...end.children] as [[number, LabelNode]];
    tokens.push(token);
    end = next;
  }
  return { tokens: tokens as Token[], end };
}
