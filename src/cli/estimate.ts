import type { Rowmill } from "../rowmill.js";
import { describeColumnOrder } from "./columnOrder.js";
import { formatBytes, formatCount, formatInputTokens, formatSeconds } from "./quantities.js";
import { renderPairs } from "./table.js";

export type Estimate = Extract<Awaited<ReturnType<Rowmill["infer"]>>, { rows: number }>;

const BASIS = {
  measured: "from the last job of this model here",
  calculated: "calculated from the model's size",
  unknown: "",
} as const;

/** A dry run's answer for people.
 *  @param isCut whether rows that are too long are cut, not made error rows
 *  @param width of the terminal, in columns */
export function renderEstimate(estimate: Estimate, isCut: boolean, width = Number.POSITIVE_INFINITY): string {
  const tooLong = `too long, to be ${isCut ? "cut" : "error rows"}`;
  const time =
    estimate.seconds === null
      ? "unknown"
      : `at most about ${formatSeconds(estimate.seconds)}, ${BASIS[estimate.secondsBasis]}, if every output is as long as it may be`;
  return renderPairs(
    [
      ["model", estimate.model],
      ["rows", formatCount(estimate.rows)],
      ...(estimate.emptyRows > 0 ? [["without a prompt", formatCount(estimate.emptyRows)] as const] : []),
      ...(estimate.tooLongRows > 0 ? [[tooLong, formatCount(estimate.tooLongRows)] as const] : []),
      ...(estimate.columnChoice === null ? [] : [["columns", describeColumnOrder(estimate.columnChoice)] as const]),
      ["input tokens", inputTokensOf(estimate)],
      ["output tokens", `at most ${formatCount(estimate.maxOutputTokens)}`],
      ["hosted cost", estimate.cost === null ? "no price known" : formatCost(estimate.cost)],
      ...(estimate.memory === null ? [] : [["memory", describeMemory(estimate.memory)] as const]),
      ["time", time],
    ],
    width,
  );
}

function inputTokensOf({ inputTokens, sharedTokens, inputTokensBasis }: Estimate): string {
  if (inputTokensBasis === "guessed") return `about ${formatCount(inputTokens)}, guessed from the texts' length`;
  return formatInputTokens(inputTokens, sharedTokens);
}

/** e.g. "9.0 GB with 1 worker of 16 slots of 900 tokens, of the GPU's 80 GB: fits" */
export function describeMemory(memory: NonNullable<Estimate["memory"]>): string {
  const { bytes, availableBytes, fits, place, workers, slots, slotTokens } = memory;
  const many = (count: number, what: string): string => `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
  const shape = `${many(workers, "worker")} of ${many(slots, "slot")} of ${many(slotTokens, "token")}`;
  const verdict = fits ? "fits" : "does not fit: take a smaller model or quantisation, or lower maxTokens";
  return `${formatBytes(bytes)} with ${shape}, of the ${place}'s ${formatBytes(availableBytes)}: ${verdict}`;
}

/** What a hosted API would ask, at the catalogue's price. */
function formatCost(cost: number): string {
  if (cost === 0) return "none";
  const dollars = Math.max(0.01, cost).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `at most ${dollars} USD at the catalogue's price`;
}
