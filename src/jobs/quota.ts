import { InputError } from "../errors.js";
import type { HomeConfig } from "./config.js";

/** Holds a job against the home's quotas for its priority.
 *  @param tokens input tokens of all rows, prefix and suffix included
 *  @throws {InputError} ROWMILL_QUOTA_EXCEEDED */
export function checkQuotas(config: HomeConfig, priority: 0 | 1, rows: number, tokens: number): void {
  const quota = config.quotas[priority];
  const exceeded =
    rows > quota.rowQuota
      ? { what: "rows", has: rows, limit: quota.rowQuota, field: "rowQuota" }
      : tokens > quota.tokenQuota
        ? { what: "input tokens", has: tokens, limit: quota.tokenQuota, field: "tokenQuota" }
        : null;
  if (exceeded === null) return;
  throw new InputError(
    "ROWMILL_QUOTA_EXCEEDED",
    `the job has ${count(exceeded.has)} ${exceeded.what}, priority ${priority} allows ${count(exceeded.limit)}: ` +
      `split it, or raise quotas[${priority}].${exceeded.field} in the home's config.json`,
  );
}

/** What a million of a model's tokens cost, in one currency. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

/** @returns the cost in the price's currency, `null` when the price is unknown */
export function estimateCost(inputTokens: number, outputTokens: number, price: TokenPrice | null): number | null {
  if (price === null) return null;
  return (inputTokens * price.input + outputTokens * price.output) / 1e6;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
