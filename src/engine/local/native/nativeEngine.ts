import { setImmediate as nextTurn } from "node:timers/promises";
import {
  engineObstacle,
  loadAddon,
  type NativeBatchLoop,
  type NativeEngineClasses,
  type NativeJobSettings,
  type NativeModel,
  type NativeRowResult,
  releaseObstacle,
} from "../../../addon.js";
import { openGrammar, openVocabulary, type TokenGrammar, type Vocabulary } from "../../../grammar/masks/index.js";
import { backendFor } from "../../../llamaBackend.js";
import { loadLlama, sharedRelease } from "../../../loadedLlama.js";
import type { EngineFailure, EngineMeter } from "../../engine.js";
import { chooseLabel, fieldProbabilities } from "../labels.js";
import type {
  EngineStatistics,
  LoadOptions,
  ModelFacts,
  TokenEngine,
  TokenJob,
  TokenPull,
  TokenResult,
  TokenRow,
} from "../tokenEngine.js";

/** Why the native engine can't be used here, in a few words; null where it can. */
export async function findNativeObstacle(options: LoadOptions): Promise<string | null> {
  const obstacle = engineObstacle();
  if (obstacle !== null) return obstacle;
  const backend = await backendFor(options.backend);
  const release = sharedRelease(backend) ?? (await loadLlama(backend, options.threads)).llamaCppRelease.release;
  return releaseObstacle(nativeClasses().llamaRelease, release);
}

/** The fast engine: a batch loop of our own in C++ on the libllama that node-llama-cpp has loaded. To be opened where
 *  {@link findNativeObstacle} finds none.
 *  @throws what llama.cpp says of a file that it can't load */
export async function openNative(options: LoadOptions): Promise<TokenEngine> {
  const backend = await backendFor(options.backend);
  const classes = nativeClasses();
  const isCpu = backend === "cpu";
  return new NativeEngine(classes, new classes.EngineModel(options.modelPath, isCpu ? "" : backend, isCpu ? 0 : -1));
}

const nativeClasses = (): NativeEngineClasses => loadAddon().native as NativeEngineClasses;

/** The order of native/engine/engine_binding.cc. */
const COUNTS = [
  "steps",
  "inputTokens",
  "sharedTokens",
  "outputTokens",
  "forcedTokens",
  "draftedTokens",
  "acceptedTokens",
  "graphTokens",
  "computedTokens",
  "decodeMs",
  "totalMs",
] as const satisfies readonly (keyof EngineStatistics)[];
const INPUT = COUNTS.indexOf("inputTokens");
const OUTPUT = COUNTS.indexOf("outputTokens");

class NativeEngine implements TokenEngine {
  readonly #totals = new Float64Array(COUNTS.length);
  readonly facts: ModelFacts;
  #vocabulary: Vocabulary | null = null;

  constructor(
    private readonly classes: NativeEngineClasses,
    private readonly model: NativeModel,
  ) {
    this.facts = model.facts();
  }

  tokenize(text: string): Uint32Array {
    return this.model.tokenize(text, false);
  }

  tokenizeTemplate(text: string): Uint32Array {
    return this.model.tokenize(text, true);
  }

  async run(
    job: TokenJob,
    pull: TokenPull,
    meter: EngineMeter,
    done: (result: TokenResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const counts = new Float64Array(COUNTS.length);
    // the answer begins a text of its own: no space is put before it
    const labels = (job.labels ?? []).map((label) => this.model.tokenizeBehind(label));
    const loop = this.#openLoop(job, labels, counts);
    const seeds = new Map<number, number>();
    const end = (result: NativeRowResult): void => {
      const seed = seeds.get(result.index) ?? 0;
      seeds.delete(result.index);
      const ended = toResult(job, labels, result, seed);
      // a chosen label was not generated: the loop has not counted its tokens
      if (job.labels !== null && "outputTokens" in ended) meter.addOutputTokens(ended.outputTokens);
      done(ended);
    };
    const rows = new RowSupply(pull);
    let [input, output] = [0, 0];
    try {
      while (!signal.aborted) {
        while (loop.hasFreeSlot) {
          const row = await rows.next(!loop.isBusy);
          if (row === null) break;
          seeds.set(row.index, row.seed);
          loop.admit(row.index, row.tokens, row.seed);
        }
        if (!loop.isBusy) break;
        for (const result of loop.step() ?? []) end(result);
        meter.addInputTokens((counts[INPUT] as number) - input);
        meter.addOutputTokens((counts[OUTPUT] as number) - output);
        [input, output] = [counts[INPUT] as number, counts[OUTPUT] as number];
        // rows that come and orders to stop are messages
        await nextTurn();
      }
    } finally {
      loop.close();
      counts.forEach((count, at) => {
        this.#totals[at] = (this.#totals[at] as number) + count;
      });
    }
  }

  #openLoop(job: TokenJob, labels: readonly Uint32Array[], counts: Float64Array): NativeBatchLoop {
    const { plan, prefix, suffix, sampling, logprobs, tokenLogprobs = false, samplesForced = false } = job;
    let grammar: TokenGrammar | null = null;
    if (job.grammar !== null && job.labels === null) {
      this.#vocabulary ??= openVocabulary(this.model.tokens());
      grammar = openGrammar(job.grammar.tables, this.#vocabulary);
    }
    const fields = (job.labelFields ?? []).map(({ isWhole, path, labels: own }) => ({
      isWhole,
      path,
      texts: own.flatMap(({ texts }) => texts),
    }));
    const scoring = { logprobs, tokenLogprobs, samplesForced, labels, fields };
    const settings: NativeJobSettings = { ...plan, prefix, suffix, ...sampling, ...scoring };
    return new this.classes.BatchLoop(this.model, settings, grammar?.native ?? null, counts);
  }

  statistics(): EngineStatistics {
    return Object.fromEntries(COUNTS.map((name, at) => [name, this.#totals[at]])) as unknown as EngineStatistics;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.model.close();
  }
}

/** Pulls one row ahead, so that a loop with work to do need not wait to learn whether there is another. */
class RowSupply {
  #ahead: Promise<TokenRow | null> | null = null;
  /** What is ahead has come, or failed to. */
  #hasArrived = false;
  #isDry = false;

  constructor(private readonly pull: TokenPull) {}

  /** @param isIdle no row runs: there is nothing to do but wait for one. Otherwise those that run may be all there are, and
   *                only a row that is due is waited for.
   *  @returns null when there is none, or none yet */
  async next(isIdle: boolean): Promise<TokenRow | null> {
    if (this.#isDry) return null;
    const ahead = this.#lookAhead();
    if (!isIdle) {
      const isDue = this.pull.isDue ?? NEVER;
      await this.#arrival();
      while (!this.#hasArrived && (await isDue())) await this.#arrival();
      if (!this.#hasArrived) return null;
    }
    const row = await ahead;
    this.#ahead = null;
    this.#isDry = row === null;
    return row;
  }

  #lookAhead(): Promise<TokenRow | null> {
    if (this.#ahead !== null) return this.#ahead;
    this.#hasArrived = false;
    const settle = (): void => {
      this.#hasArrived = true;
    };
    this.#ahead = this.pull();
    // a failure is met when the row is taken
    this.#ahead.then(settle, settle);
    return this.#ahead;
  }

  /** A row that is there already arrives within the microtasks of this turn. */
  async #arrival(): Promise<void> {
    for (let turn = 0; turn < ARRIVAL_TURNS && !this.#hasArrived; turn++) await Promise.resolve();
  }
}

const NEVER = () => Promise.resolve(false);

/** Promises between a row that the worker holds and the loop: its queue's, its pull's, that which fits the row and the one
 *  here, and some to spare. */
const ARRIVAL_TURNS = 8;

function toResult(
  job: TokenJob,
  labels: readonly Uint32Array[],
  result: NativeRowResult,
  seed: number,
): TokenResult | EngineFailure {
  if (result.error !== undefined) return { index: result.index, error: result.error };
  const { index, inputTokens, sharedTokens } = result;
  if (job.labels !== null) {
    const logprobs = [...(result.labelLogprobs[0] ?? [])];
    const chosen = chooseLabel(logprobs, job.sampling.temperature, seed);
    return {
      index,
      text: job.labels[chosen.index] ?? "",
      finish: "stop",
      inputTokens,
      sharedTokens,
      outputTokens: labels[chosen.index]?.length ?? 0,
      cumulativeLogprob: job.logprobs ? (logprobs[chosen.index] ?? null) : null,
      labelProbabilities: chosen.probabilities,
    };
  }
  return {
    index,
    text: result.text,
    finish: result.isCut ? "length" : "stop",
    inputTokens,
    sharedTokens,
    outputTokens: result.outputTokens,
    cumulativeLogprob: job.logprobs ? result.logprob : null,
    labelProbabilities: null,
    ...(result.tokenLogprobs && { tokenLogprobs: result.tokenLogprobs }),
    ...(job.labelFields && {
      fieldProbabilities: job.labelFields.map((field, at) =>
        fieldProbabilities(field, [...(result.labelLogprobs[at] ?? [])]),
      ),
    }),
  };
}
