import { Random, seedOf } from "../fuzz/random.js";

const WORDS = (
  "order parcel shop price week month kettle lamp desk jacket cable handle screen letter office branch manager friend summer " +
  "train street garden window paper colour quality delivery refund invoice warranty setting noise battery repair arrived broke " +
  "worked failed called waited returned asked answered quickly slowly badly again never always quite rather old new small large"
).split(" ");
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
const PRODUCTS = 40;
const DESCRIPTION_WORDS = 130;
const REVIEW_WORDS = 50;

const words = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.from(WORDS)).join(" ");

/** Texts that have nothing in common. */
export function plainRows(count: number, seed: number): string[] {
  return Array.from({ length: count }, (_, row) => {
    const random = new Random(seedOf(seed, row));
    return `${row}: ${words(random, 60)}.`;
  });
}

export interface TableRow {
  readonly review: string;
  readonly order: string;
  readonly country: string;
  readonly product: string;
  readonly description: string;
}

/** Reviews joined with the products that they are of, some products far more often than others: what is a row's own stands first, as in
 *  the workload `table` of `npm run bench`. */
export function tableRows(count: number, seed: number): TableRow[] {
  const products = Array.from({ length: PRODUCTS }, (_, at) => {
    const random = new Random(seedOf(seed, -1 - at));
    const product = `${random.from(WORDS)} ${100 + 7 * at}`;
    return { product, description: `The ${product} ${words(random, DESCRIPTION_WORDS)}` };
  });
  return Array.from({ length: count }, (_, row) => {
    const random = new Random(seedOf(seed, row + 1));
    return {
      review: `I ${words(random, REVIEW_WORDS)}`,
      order: `R-${100_000 + random.below(900_000)}-${row}`,
      country: COUNTRIES[zipf(random, COUNTRIES.length)] as string,
      ...(products[zipf(random, PRODUCTS)] as (typeof products)[number]),
    };
  });
}

export const TABLE_COLUMNS: readonly string[] = [
  ...["Review: ", "review", "\nOrder: ", "order", "\nCountry: ", "country"],
  ...["\nProduct: ", "product", "\nDescription: ", "description"],
];

/** The prompt as the columns stand. */
export function tablePrompt({ review, order, country, product, description }: TableRow): string {
  return `Review: ${review}\nOrder: ${order}\nCountry: ${country}\nProduct: ${product}\nDescription: ${description}`;
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
