import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";

/** The parts of node-llama-cpp 3.21.1 that are used here; not in its types, so its version is pinned. */
interface NativeSampler {
  applyConfig(config: Readonly<Record<string, unknown>>): unknown;
  dispose(): void;
}
interface NativeContext {
  /** @returns the chosen token, then tokens and probabilities in turn, then the chosen token's probability */
  sampleToken(
    logits: number,
    sampler: NativeSampler,
    withProbabilities: boolean,
    withConfidence: boolean,
  ): Promise<[token: number, probabilities?: readonly number[], confidence?: number]>;
}
interface SequenceInternals {
  _decodeTokens<T>(
    tokens: readonly Token[],
    logits: readonly boolean[],
    priority: number,
    meter: unknown,
    contextShift: object,
    map: (logits: number, place: number) => Promise<T>,
    afterBatch: unknown,
  ): Promise<(T | undefined)[]>;
  readonly _tokenMeter: unknown;
  readonly _takeIntervalCheckpointIfNeededAfterBatch: unknown;
}
interface ModelInternals {
  readonly _model: unknown;
  readonly _llama: { readonly _bindings: { readonly AddonSampler: new (model: unknown) => NativeSampler } };
}

export type Logprobs = ReadonlyMap<number, number>;

/** Lifts the wanted tokens above all others before the rest is cut off; e⁻⁶⁰ is still a normal number of single precision. */
const LIFT = 60;

/** Evaluates tokens and gives the exact log-probabilities of some tokens behind them.
 *
 *  node-llama-cpp gives probabilities only of the whole vocabulary, as JavaScript numbers: with 152,000 tokens that costs
 *  more than the model does (docs/performance.md). Here each place is sampled twice: greedily, which tells the likeliest
 *  token's share of everything; then with the wanted tokens lifted by a bias and all but them and the likeliest cut off,
 *  which tells their logits relative to each other. */
export class LogprobReader implements Disposable {
  readonly #native: NativeContext;
  readonly #sampler: NativeSampler;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    model: LlamaModel,
    context: LlamaContext,
    private readonly sequence: LlamaContextSequence,
  ) {
    const { _model, _llama } = model as unknown as ModelInternals;
    this.#native = (context as unknown as { readonly _ctx: NativeContext })._ctx;
    this.#sampler = new _llama._bindings.AddonSampler(_model);
  }

  /** Adds the tokens to the sequence.
   *  @param wanted the tokens to be told of behind each of them, null for none
   *  @returns natural logarithms, a map for each token: its wanted tokens; what is rarer than e⁻⁶⁰ of the likeliest is left out */
  async read(
    tokens: readonly Token[],
    wanted: (place: number) => readonly number[] | null,
  ): Promise<(Logprobs | undefined)[]> {
    const internals = this.sequence as unknown as SequenceInternals;
    return await internals._decodeTokens(
      tokens,
      tokens.map((_, place) => wanted(place) !== null),
      5,
      internals._tokenMeter,
      { size: 1, strategy: "eraseBeginning" },
      async (logits, place) => this.#inTurn(() => this.#logprobs(logits, wanted(place) ?? [])),
      internals._takeIntervalCheckpointIfNeededAfterBatch,
    );
  }

  /** The sampler holds one configuration at a time. */
  #inTurn<T>(sample: () => Promise<T>): Promise<T> {
    const result = this.#last.then(sample);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #logprobs(logits: number, wanted: readonly number[]): Promise<Logprobs> {
    const plain = { minP: 0, topP: 1, seed: 0 };
    this.#sampler.applyConfig({ ...plain, temperature: 0, topK: 0 });
    const [likeliest, , share = 0] = await this.#native.sampleToken(logits, this.#sampler, false, true);
    this.#sampler.applyConfig({
      ...plain,
      temperature: 1,
      topK: wanted.length + 1,
      tokenBiasKeys: Uint32Array.from(wanted),
      tokenBiasValues: new Float32Array(wanted.length).fill(LIFT),
    });
    const [, pairs = []] = await this.#native.sampleToken(logits, this.#sampler, true, false);
    const shares = new Map<number, number>();
    for (let at = 0; at < pairs.length; at += 2) shares.set(pairs[at] as number, pairs[at + 1] as number);
    const isWanted = wanted.includes(likeliest);
    const known = Math.log(share) - Math.log(shares.get(likeliest) ?? 0) - (isWanted ? 0 : LIFT);
    const found = new Map<number, number>();
    for (const token of wanted) {
      const lifted = shares.get(token);
      if (lifted !== undefined && lifted > 0) found.set(token, known + Math.log(lifted));
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#sampler.dispose();
  }
}
