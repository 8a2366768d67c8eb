import { estimateCost } from "./quota.js";
import type { JobCounts, JobFacts, JobSpec } from "./record.js";

type BudgetedJob = Pick<
  JobSpec & JobFacts,
  | ("maxCost" | "maxTotalTokens" | "pricePerMillionTokens" | "frameTokens" | "longestOutputTokens" | "sampling")
  | ("longestRowTokens" | "rowsTotal")
>;
type Spent = Pick<JobCounts, "inputTokens" | "outputTokens">;

/** What a job may spend, in tokens and in money. Rows go out as long as it lasts for them even where each takes as much as the longest
 *  row and the longest output do, so that it is not overrun; what is left of rows that took less serves others. */
export class Budget {
  /** Tokens of prompt and output that a row takes at most. */
  #row: Spent;

  constructor(private readonly job: BudgetedJob) {
    this.#row = {
      inputTokens: job.longestRowTokens + job.frameTokens,
      outputTokens: job.longestOutputTokens ?? job.sampling.maxTokens,
    };
  }

  /** Why no row of the job can run at all, behind the name of the option that bounds it; null where one can. */
  get obstacle(): { readonly option: "maxCost" | "maxTotalTokens"; readonly why: string } | null {
    const nothing = { inputTokens: 0, outputTokens: 0 };
    if (this.rowsLeft(nothing, 0) > 0) return null;
    const { maxCost, maxTotalTokens } = this.job;
    return rowsWithin(maxCost, 0, this.#costOf(this.#row)) === 0
      ? { option: "maxCost", why: lasts(dollars(maxCost ?? 0), dollars(this.#costOf(this.#row))) }
      : { option: "maxTotalTokens", why: lasts(tokens(maxTotalTokens ?? 0), tokens(totalOf(this.#row))) };
  }

  /** A row has taken so much: where its tokens were guessed, the next ones may take as much. */
  learn({ inputTokens, outputTokens }: Spent): void {
    this.#row = {
      inputTokens: Math.max(this.#row.inputTokens, inputTokens),
      outputTokens: Math.max(this.#row.outputTokens, outputTokens),
    };
  }

  /** How many rows more may go out.
   *  @param spent  by rows that have a result
   *  @param out    rows that are on their way */
  rowsLeft(spent: Spent, out: number): number {
    const { maxCost, maxTotalTokens } = this.job;
    const most = Math.min(
      rowsWithin(maxCost, this.#costOf(spent), this.#costOf(this.#row)),
      rowsWithin(maxTotalTokens, totalOf(spent), totalOf(this.#row)),
    );
    return Math.max(0, most - out);
  }

  /** Why a job has failed that stopped before its end; null where the budget is not the reason. */
  failureOf(counts: JobCounts): string | null {
    const { rowsDone, rowsFailed } = counts;
    const { rowsTotal, maxCost, maxTotalTokens } = this.job;
    if (rowsDone + rowsFailed === rowsTotal || this.rowsLeft(counts, 0) > 0) return null;
    const isCost = rowsWithin(maxCost, this.#costOf(counts), this.#costOf(this.#row)) === 0;
    const [name, spent, most] = isCost
      ? (["maxCost", dollars(this.#costOf(counts)), dollars(maxCost ?? 0)] as const)
      : (["maxTotalTokens", tokens(totalOf(counts)), tokens(maxTotalTokens ?? 0)] as const);
    return `its budget does not last for another row: ${spent} of ${most} are spent (${name}), ${rowsDone} of ${rowsTotal} rows are done`;
  }

  #costOf({ inputTokens, outputTokens }: Spent): number {
    const price = this.job.pricePerMillionTokens;
    if (price === null) return 0;
    return estimateCost(inputTokens, outputTokens, price) ?? 0;
  }
}

function rowsWithin(limit: number | null, spent: number, each: number): number {
  if (limit === null) return Number.POSITIVE_INFINITY;
  // a free model costs nothing, however many rows it has
  if (each === 0) return spent > limit ? 0 : Number.POSITIVE_INFINITY;
  // what is left of a sum of prices may be a hair less than a row's
  return Math.max(0, Math.floor((limit - spent) / each + 1e-9));
}

const lasts = (budget: string, row: string): string => `${budget} do not last for one row, which may take ${row}`;
const totalOf = ({ inputTokens, outputTokens }: Spent): number => inputTokens + outputTokens;
const tokens = (count: number): string => `${count.toLocaleString("en-US")} tokens`;
const dollars = (amount: number): string => `$${amount.toLocaleString("en-US", { maximumFractionDigits: 6 })}`;
