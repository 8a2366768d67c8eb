const MASK = 0x7fffffff;
/** llama.cpp takes this seed for "choose one at random" (LLAMA_DEFAULT_SEED). */
const RANDOM_SEED = 0xffffffff;

/** The seed that a row is sampled with: a function of the job's seed and the row's index alone.
 *  @param perInput false: every row has the job's seed; true: rows 0 to 2³¹ − 1 of a job all have different seeds
 *  @returns an integer from 0 to 2³² − 2 */
export function rowSeed(jobSeed: number, index: number, perInput: boolean): number {
  if (!perInput) return jobSeed >>> 0 === RANDOM_SEED ? MASK : jobSeed >>> 0;
  // both steps are bijections of 31-bit integers in `index`, keyed by the job's seed: so no two rows collide
  const low = mix(jobSeed >>> 0);
  const high = mix((Math.floor(jobSeed / 2 ** 31) ^ 0x2545f491) >>> 0);
  return mix((mix((index ^ low) & MASK) + high) & MASK);
}

/** The seed of a row's next attempt, when its output was cut or failed the check: a function of the row's seed and of how
 *  often it has run, alone. A row's further attempts all have different seeds.
 *  @param attempt 0 for the first run, which has the row's own seed
 *  @returns an integer from 0 to 2³² − 2 */
export function attemptSeed(seed: number, attempt: number): number {
  return attempt === 0 ? seed : mix((mix(seed) + Math.imul(attempt, 0x61c88647)) & MASK);
}

/** The finaliser of MurmurHash3 (Appleby, public domain), on 31 bits: xor-shifts and odd factors can be undone. */
function mix(value: number): number {
  let x = value & MASK;
  x ^= x >>> 15;
  x = Math.imul(x, 0x85ebca6b) & MASK;
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35) & MASK;
  x ^= x >>> 16;
  return x;
}
