import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import type { LabelNode } from "../labels.js";
import { LogprobReader, type Logprobs } from "./logprobReader.js";

const NEVER = Number.NEGATIVE_INFINITY;
const NONE: Logprobs = new Map();

/** Scores labels behind what a sequence holds. */
export class LabelScorer implements Disposable {
  readonly #reader: LogprobReader;

  constructor(
    model: LlamaModel,
    context: LlamaContext,
    private readonly sequence: LlamaContextSequence,
  ) {
    this.#reader = new LogprobReader(model, context, sequence);
  }

  /** The natural logarithm of each label's probability behind the prompt: of all its tokens and of any end behind
   *  them. Exact: no label is sampled, none is left out. Evaluates the prompt, then each way down the tree once; leaves the
   *  prompt in the sequence.
   *  @param prompt at least one token
   *  @param count  how many labels the tree has */
  async score(prompt: readonly Token[], tree: LabelNode, count: number): Promise<number[]> {
    const logprobs = Array<number>(count).fill(NEVER);
    const last = prompt.length - 1;
    const read = await this.#reader.read(prompt, (place) => (place === last ? wantedAt(tree) : null));
    const next = read[last] ?? NONE;
    takeEnds(tree, next, 0, logprobs);
    await this.#walk(tree, next, 0, logprobs);
    return logprobs;
  }

  /** The natural logarithm of each token's probability, one behind the other.
   *  @param prompt what comes before them, at least one token */
  async scoreTokens(prompt: readonly Token[], tokens: readonly Token[]): Promise<number[]> {
    const first = prompt.length - 1;
    const wanted = (place: number) => (place < first ? null : [tokens[place - first] as Token]);
    const read = await this.#reader.read([...prompt, ...tokens.slice(0, -1)], wanted);
    return tokens.map((token, place) => read[first + place]?.get(token) ?? NEVER);
  }

  /** Takes what is below a node.
   *  @param next   what may follow it
   *  @param before the logarithm of the way to it */
  async #walk(node: LabelNode, next: Logprobs, before: number, logprobs: number[]): Promise<void> {
    const { sequence } = this;
    for (const [first, child] of node.children) {
      const { tokens, nodes } = stretchOf(first, child);
      const base = sequence.nextTokenIndex;
      const after = await this.#reader.read(tokens, (place) => wantedAt(nodes[place] as LabelNode));
      let [follows, way] = [next, before];
      tokens.forEach((token, place) => {
        way += follows.get(token) ?? NEVER;
        follows = after[place] ?? NONE;
        takeEnds(nodes[place] as LabelNode, follows, way, logprobs);
      });
      await this.#walk(nodes.at(-1) as LabelNode, follows, way, logprobs);
      await sequence.eraseContextTokenRanges([{ start: base, end: sequence.nextTokenIndex }]);
    }
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

/** Adds the labels that may end at a node. */
function takeEnds(node: LabelNode, next: Logprobs, way: number, logprobs: number[]): void {
  for (const { label, tokens } of node.ends) {
    const ends = tokens.reduce((sum, token) => sum + Math.exp(next.get(token) ?? NEVER), 0);
    logprobs[label] = logAdd(logprobs[label] ?? NEVER, way + Math.log(ends));
  }
}

function wantedAt(node: LabelNode): readonly number[] {
  return [...new Set([...node.children.keys(), ...node.ends.flatMap(({ tokens }) => tokens)])];
}

/** ln(exp(one) + exp(other)) */
function logAdd(one: number, other: number): number {
  const most = Math.max(one, other);
  return most === NEVER ? NEVER : most + Math.log1p(Math.exp(Math.min(one, other) - most));
}

/** The tokens from a child on to the next fork or the end, with the node that each leads to: they are evaluated in one go. */
function stretchOf(first: number, child: LabelNode): { tokens: Token[]; nodes: LabelNode[] } {
  const tokens = [first];
  const nodes = [child];
  for (let at = child; at.children.size === 1; ) {
    const [[token, next]] = [...at.children] as [[number, LabelNode]];
    tokens.push(token);
    nodes.push(next);
    at = next;
  }
  return { tokens: tokens as Token[], nodes };
}
