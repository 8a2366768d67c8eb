import fc from "fast-check";

/** The same cases in every run, so that what one change breaks is not told of another: `ROWMILL_TEST_SEED=N` tries others. */
const SEED = Number(process.env.ROWMILL_TEST_SEED ?? 20_261_130);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
