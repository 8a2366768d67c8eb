import { rmSync } from "node:fs";

/** Tries before a folder counts as one that somebody fills for ever: ten minutes of them. */
const MOST_TRIES = 6000;

/** Removes a folder in which a runner that ends may still be writing: again, until nothing is left. */
export function removeFolder(folder: string): void {
  for (let tries = 1; ; tries++) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}
