import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../src/errors.js";
import { resolveModel } from "../../src/models/index.js";

/** A real pre-trained model (SmolLM2-135M-Instruct), or why there is none. */
export type RealModel = { readonly path: string } | { readonly reason: string };

/** The folder that keeps the pulled model between test runs: $ROWMILL_TEST_HOME, or .rowmill/test-home. */
export const realModelHome =
  process.env.ROWMILL_TEST_HOME ?? join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".rowmill", "test-home");

/** Below a test's own time limit, so that a slow network skips and does not fail. */
const PULL_TIMEOUT_MS = 50_000;

let pulled: Promise<RealModel> | undefined;

/** Pulls smollm2-135m once (94 MB) and keeps it. A test that wants it says `ctx.skip(model.reason)` where it gets a
 *  reason, so that it is never left out in silence; name such tests "real-model: …". */
export function pullRealModel(): Promise<RealModel> {
  pulled ??= resolveModel("smollm2-135m", { home: realModelHome, signal: AbortSignal.timeout(PULL_TIMEOUT_MS) }).then(
    ({ path }) => ({ path }),
    (error) => {
      const reason = `real-model tests skipped: ${messageOf(error)}`;
      console.warn(reason);
      return { reason };
    },
  );
  return pulled;
}
