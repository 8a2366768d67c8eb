import { Piscina } from "piscina";
import type { EngineChoice } from "../engine/index.js";
import { WORKER_FILE } from "../worker/index.js";

export interface WarmPool {
  readonly key: string;
  /** The model's file; null for one that takes no memory here. */
  readonly modelFile: string | null;
  readonly piscina: Piscina;
  isUsed: boolean;
}

/** The piscina pools of a runner: one per model and thread count, kept warm between jobs, so that the next job on the
 *  same model finds it loaded. */
export class Pools implements AsyncDisposable {
  readonly #pools = new Set<WarmPool>();

  /** Takes a warm pool that no job uses, or makes one; a job has its pool to itself.
   *  @returns a pool of exactly `workers` threads, each of which holds or will load the engine */
  take(engine: EngineChoice, workers: number): WarmPool {
    const key = keyOf(engine, workers);
    const warm = this.#idle().find((pool) => pool.key === key);
    if (warm !== undefined) {
      warm.isUsed = true;
      return warm;
    }
    const piscina = new Piscina({
      filename: WORKER_FILE,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
      // a task is a whole job's share: threads come and go with the pool alone
      idleTimeout: Number.POSITIVE_INFINITY,
    });
    const made: WarmPool = { key, modelFile: fileOf(engine), piscina, isUsed: true };
    this.#pools.add(made);
    return made;
  }

  /** The job has ended; the pool stays warm. */
  give(pool: WarmPool): void {
    pool.isUsed = false;
  }

  /** A worker died or its engine can't be trusted: the pool is thrown away. */
  async drop(pool: WarmPool): Promise<void> {
    this.#pools.delete(pool);
    await pool.piscina.destroy();
  }

  /** Unloads the models that no job uses, to make room for another; one that runs elsewhere needs none. */
  async freeIdle(except: EngineChoice, workers: number): Promise<void> {
    if (fileOf(except) === null) return;
    const kept = keyOf(except, workers);
    await this.#dropIdle(({ key }) => key === kept);
  }

  /** Unloads the models that no job uses, but for one. */
  async freeOthers(modelFile: string): Promise<void> {
    await this.#dropIdle((pool) => pool.modelFile === modelFile);
  }

  /** Whether a model is loaded that no job uses. */
  hasIdle(modelFile: string): boolean {
    return this.#idle().some((pool) => pool.modelFile === modelFile);
  }

  #idle(): WarmPool[] {
    return [...this.#pools].filter(({ isUsed }) => !isUsed);
  }

  async #dropIdle(isKept: (pool: WarmPool) => boolean): Promise<void> {
    const dropped = this.#idle().filter((pool) => !isKept(pool));
    await Promise.all(dropped.map((pool) => this.drop(pool)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => this.drop(pool)));
  }
}

function fileOf(engine: EngineChoice): string | null {
  return "modelPath" in engine ? engine.modelPath : null;
}

function keyOf(engine: EngineChoice, workers: number): string {
  return JSON.stringify([engine, workers]);
}
