import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import type { LabelNode } from "./labels.js";
import { type Logprobs, TokenLogprobs } from "./tokenLogprobs.js";

/** What scoring a row's labels takes. */
export interface LabelScoring {
  readonly tree: LabelNode;
  /** Tokens of each label. */
  readonly lengths: readonly number[];
  /** The tokens that end a turn. */
  readonly endTokens: readonly Token[];
}

const NEVER = Number.NEGATIVE_INFINITY;
const NONE: Logprobs = new Map();

/** Scores labels behind what a sequence holds. */
export class LabelScorer implements Disposable {
  readonly #reader: TokenLogprobs;

  constructor(
    model: LlamaModel,
    context: LlamaContext,
    private readonly sequence: LlamaContextSequence,
    private readonly scoring: LabelScoring,
  ) {
    this.#reader = new TokenLogprobs(model, context, sequence);
  }

  labelTokens(label: number): number {
    return this.scoring.lengths[label] ?? 0;
  }

  /** The natural logarithm of each label's probability behind the prompt: of all its tokens and of any end of turn after
   *  them. Exact: no label is sampled, none is left out. Evaluates the prompt, then each way down the tree once; leaves the
   *  prompt in the sequence.
   *  @param prompt at least one token */
  async score(prompt: readonly Token[]): Promise<number[]> {
    const { tree, lengths } = this.scoring;
    const logprobs = Array<number>(lengths.length).fill(NEVER);
    const last = prompt.length - 1;
    const read = await this.#reader.read(prompt, (place) => (place === last ? this.#wantedAt(tree) : null));
    await this.#walk(tree, read[last] ?? NONE, 0, logprobs);
    return logprobs;
  }

  /** @param next   what may follow the node
   *  @param before the logarithm of the way to it */
  async #walk(node: LabelNode, next: Logprobs, before: number, logprobs: number[]): Promise<void> {
    const { sequence } = this;
    if (node.label !== null) {
      const ends = this.scoring.endTokens.reduce((sum, token) => sum + Math.exp(next.get(token) ?? NEVER), 0);
      logprobs[node.label] = before + Math.log(ends);
    }
    for (const [first, child] of node.children) {
      const { tokens, nodes } = stretchOf(first, child);
      const base = sequence.nextTokenIndex;
      const after = await this.#reader.read(tokens, (place) => this.#wantedAt(nodes[place] as LabelNode));
      const ways = [next, ...after];
      const way = tokens.reduce((sum, token, place) => sum + (ways[place]?.get(token) ?? NEVER), before);
      await this.#walk(nodes.at(-1) as LabelNode, after.at(-1) ?? NONE, way, logprobs);
      await sequence.eraseContextTokenRanges([{ start: base, end: sequence.nextTokenIndex }]);
    }
  }

  #wantedAt(node: LabelNode): readonly number[] {
    return [...node.children.keys(), ...(node.label === null ? [] : this.scoring.endTokens)];
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

/** The tokens from a child on to the next fork or end, with the node that each leads to: they are evaluated in one go. */
function stretchOf(first: number, child: LabelNode): { tokens: Token[]; nodes: LabelNode[] } {
  const tokens = [first];
  const nodes = [child];
  for (let at = child; at.label === null && at.children.size === 1; ) {
    const [[token, next]] = [...at.children] as [[number, LabelNode]];
    tokens.push(token);
    nodes.push(next);
    at = next;
  }
  return { tokens: tokens as Token[], nodes };
}
