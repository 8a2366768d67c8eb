import type { Tokenizer } from "../../src/engine/local/index.js";
import { joinColumns, orderColumns, type PromptPart } from "../../src/prompt/index.js";
import { Random, seedOf } from "../fuzz/random.js";
import { ExactText } from "./exactText.js";
import { chatFrame, growingRows, objectForm, type Workload, type WorkloadGroup } from "./workload.js";

const ROW_TOKENS = 300;
const DESCRIPTION_TOKENS = 170;
/** In another order a text may have a few tokens more. */
const ORDER_SLACK = 8;
/** Rows that the order of the columns is chosen by. */
const SAMPLE_ROWS = 512;
const PRODUCTS = 40;
const COUNTRIES = [
  "Germany",
  "France",
  "Spain",
  "Italy",
  "Poland",
  "Sweden",
  "Austria",
  "Belgium",
  "Norway",
  "Ireland",
];
const GOODS = ["kettle", "desk lamp", "rucksack", "headset", "rain jacket", "coffee grinder", "bike light", "toaster"];
const RANGES = ["Plus", "Classic", "Travel", "Studio", "Eco"];

/** A row as it comes: what is its own stands first, what it has in common with others behind it. */
interface TableRow {
  readonly review: string;
  readonly order: string;
  readonly country: string;
  readonly product: string;
  readonly description: string;
}

const AS_GIVEN: readonly PromptPart[] = [
  { literal: "Review: " },
  { column: "review" },
  { literal: "\nOrder: " },
  { column: "order" },
  { literal: "\nCountry: " },
  { column: "country" },
  { literal: "\nProduct: " },
  { column: "product" },
  { literal: "\nDescription: " },
  { column: "description" },
];

/** Reviews joined with the products that they are of: country, product and description repeat, some products far more
 *  often than others (Zipf's law), as in the joined tables of Liu et al., "Optimizing LLM Queries in Relational Data
 *  Analytics Workloads" (MLSys 2025). Once with the columns in the order given, once in the product's own order. */
export function tableGroup(engine: Tokenizer, seed: number): WorkloadGroup {
  const rowOf = tableRows(engine, seed);
  const frame = chatFrame(engine, "Judge the review: is its tone good, mixed or bad, and what is it about?");
  const form = objectForm({
    tone: { enum: ["good", "mixed", "bad"] },
    about: { enum: ["product", "delivery", "price", "service", "other"] },
  });
  const variant = (name: string, parts: readonly PromptPart[], rowTokens: number): Workload => ({
    ...{ name, ...frame, form, maxTokens: 32, rowTokens },
    rows: growingRows(engine, (index) => promptOf(parts, rowOf(index))),
  });
  const { parts } = orderColumns(
    AS_GIVEN,
    SAMPLE_ROWS,
    columnsOf(Array.from({ length: SAMPLE_ROWS }, (_, i) => rowOf(i))),
  );
  return {
    name: "table",
    variants: [variant("table", AS_GIVEN, ROW_TOKENS), variant("table-auto", parts, ROW_TOKENS + ORDER_SLACK)],
    isEndless: false,
  };
}

/** Gives the rows by their index, each of exactly so many tokens in the order given. */
function tableRows(engine: Tokenizer, seed: number): (index: number) => TableRow {
  const prose = new ExactText(engine);
  const products = Array.from({ length: PRODUCTS }, (_, at) => {
    const product = `${GOODS[at % GOODS.length]} ${RANGES[Math.floor(at / GOODS.length)]} ${100 + 7 * at}`;
    const random = new Random(seedOf(seed, -1 - at));
    return { product, description: prose.fill(random, DESCRIPTION_TOKENS, `The ${product}`) };
  });
  const made: TableRow[] = [];
  return (index) => {
    while (made.length <= index) {
      const random = new Random(seedOf(seed, made.length + 1));
      const order = `R-${100_000 + random.below(900_000)}-${made.length}`;
      const country = COUNTRIES[zipf(random, COUNTRIES.length)] as string;
      const known = { order, country, ...(products[zipf(random, PRODUCTS)] as (typeof products)[number]) };
      const rowTokens = (review: string) => engine.tokenize(promptOf(AS_GIVEN, { review, ...known })).length;
      made.push({ review: prose.fill(random, ROW_TOKENS, "I", rowTokens), ...known });
    }
    return made[index] as TableRow;
  };
}

/** A number below `count`; k + 1 comes in proportion to 1 / (k + 1). */
function zipf(random: Random, count: number): number {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1));
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  const rank = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return rank < 0 ? count - 1 : rank;
}

function promptOf(parts: readonly PromptPart[], row: TableRow): string {
  return joinColumns(parts, 1, columnsOf([row]))[0] ?? "";
}

function columnsOf(rows: readonly TableRow[]): (column: string) => readonly string[] {
  return (column) => rows.map((row) => row[column as keyof TableRow]);
}
