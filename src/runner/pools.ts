import { Piscina } from "piscina";
import type { EngineChoice } from "../engine/index.js";
import { WORKER_FILE } from "../worker/index.js";

interface WarmPool {
  readonly key: string;
  readonly pool: Piscina;
  readonly memoryBytes: number;
  users: number;
  lastUsed: number;
}

/** The piscina pools of a runner: one per model and thread count, kept warm between jobs, so that the next job on the
 *  same model finds it loaded. */
export class Pools implements AsyncDisposable {
  readonly #pools = new Map<string, WarmPool>();

  /** @returns a pool of exactly `workers` threads, each of which holds or will load the engine */
  take(engine: EngineChoice, workers: number, memoryBytes: number): Piscina {
    const key = keyOf(engine, workers);
    let warm = this.#pools.get(key);
    if (warm === undefined) {
      const pool = new Piscina({
        filename: WORKER_FILE,
        minThreads: workers,
        maxThreads: workers,
        concurrentTasksPerWorker: 1,
        // a task is a whole job's share: threads come and go with the pool alone
        idleTimeout: Number.POSITIVE_INFINITY,
      });
      warm = { key, pool, memoryBytes, users: 0, lastUsed: Date.now() };
      this.#pools.set(key, warm);
    }
    warm.users++;
    return warm.pool;
  }

  give(engine: EngineChoice, workers: number): void {
    const warm = this.#pools.get(keyOf(engine, workers));
    if (warm === undefined) return;
    warm.users--;
    warm.lastUsed = Date.now();
  }

  /** A worker died or its engine can't be trusted: the pool is thrown away when its job ends. */
  async drop(engine: EngineChoice, workers: number): Promise<void> {
    const warm = this.#pools.get(keyOf(engine, workers));
    if (warm === undefined) return;
    this.#pools.delete(warm.key);
    await warm.pool.destroy();
  }

  /** Unloads the models that no job uses, to make room for another. */
  async freeIdle(except: EngineChoice, workers: number): Promise<void> {
    const kept = keyOf(except, workers);
    const idle = [...this.#pools.values()].filter((warm) => warm.users === 0 && warm.key !== kept);
    for (const warm of idle) {
      this.#pools.delete(warm.key);
      await warm.pool.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((warm) => warm.pool.destroy()));
  }
}

function keyOf(engine: EngineChoice, workers: number): string {
  return JSON.stringify([engine, workers]);
}
