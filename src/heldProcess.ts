/** The longest that a timer can be. */
const LONGEST_MS = 2 ** 31 - 1;

/** Waits for work with the process held open. Idle threads and an idle runner's timer hold no process, so a promise that
 *  only they settle would let Node.js end with 0 before what stands behind its `await`. */
export async function whileHeld<T>(work: PromiseLike<T>): Promise<T> {
  const hold = setInterval(() => undefined, LONGEST_MS);
  try {
    return await work;
  } finally {
    clearInterval(hold);
  }
}
