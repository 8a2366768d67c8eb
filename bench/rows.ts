// Writes a table of natural-looking product reviews of any length, the same for the same seed:
//   npm run bench:rows -- --rows 1000000 --out reviews.csv [--seed 1]
// The format is the file's extension: .csv .tsv .jsonl .json (and .gz of these) .parquet .arrow .feather
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InputError } from "../src/errors.js";
import { type ResultBatch, type ResultShape, writeResults } from "../src/results/index.js";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";

const BATCH_ROWS = 2_000;

const PRODUCTS = ["kettle", "desk lamp", "rucksack", "headset", "rain jacket", "coffee grinder", "bike light", "novel"];
const OPENINGS = [
  "I bought this {product} for my {person} {when}.",
  "Second {product} from this shop, ordered {when}.",
  "My {person} had been looking for a {product} since spring.",
  "Honestly, I did not need another {product}.",
  "The {product} arrived {when}, well packed.",
];
const BODIES = {
  good: [
    "It does exactly what it should, and the finish is better than the pictures suggest.",
    "After {count} weeks of daily use there is not a scratch on it.",
    "Setting it up took {count} minutes, and the manual is actually readable.",
    "The colour is a touch darker than shown, which I like even more.",
  ],
  mixed: [
    "It works, though the {part} feels cheaper than the rest.",
    "Fine for the price; the {part} could be sturdier.",
    "Good idea, middling execution: the {part} needs care.",
  ],
  bad: [
    "After {count} days the {part} came loose, and nobody answers my mails.",
    'The box said "new", but the {part} was already worn.',
    "It never worked properly; the {part} was broken when I opened the parcel.",
    "I sent it back after {count} days and am still waiting for the refund.",
  ],
} as const;
const CLOSINGS = {
  good: ["Would buy it again.", "Five stars from me.", "Recommended, also as a present."],
  mixed: ["We will see how long it lasts.", "Three stars, no more, no less.", "It is all right."],
  bad: ["Never again.", "Save your money, buy something else.", "I am disappointed."],
} as const;
const PERSONS = ["daughter", "husband", "neighbour", "mother", "colleague"];
const TIMES = ["in March", "last week", "on a Friday evening", "before the holidays", "two months ago"];
const PARTS = ["lid", "strap", "switch", "zip", "hinge", "cable", "binding"];

/** Numbers in [0, 1) from a seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function writeReview(random: () => number): { product: string; stars: number; text: string } {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const stars = 1 + Math.floor(random() * 5);
  const mood = stars >= 4 ? "good" : stars === 3 ? "mixed" : "bad";
  const product = pick(PRODUCTS);
  const sentences = [pick(OPENINGS)];
  for (let i = 0; i <= random() * 3; i++) sentences.push(pick(BODIES[mood]));
  sentences.push(pick(CLOSINGS[mood]));
  const text = sentences
    .join(random() < 0.1 ? "\n" : " ")
    .replaceAll("{product}", product)
    .replaceAll("{person}", () => pick(PERSONS))
    .replaceAll("{when}", () => pick(TIMES))
    .replaceAll("{part}", () => pick(PARTS))
    .replaceAll("{count}", () => String(2 + Math.floor(random() * 9)));
  return { product, stars, text };
}

async function* reviewBatches(rowCount: number, seed: number): AsyncGenerator<ResultBatch> {
  const random = seededRandom(seed);
  for (let start = 0; start < rowCount; start += BATCH_ROWS) {
    const indexes = Array.from({ length: Math.min(BATCH_ROWS, rowCount - start) }, (_, i) => start + i);
    const reviews = indexes.map(() => writeReview(random));
    const inputs = reviews.map(({ product, stars }, i) => ({ id: start + i + 1, product, stars }));
    yield {
      rows: reviews.map(({ text }, i) => ({
        index: start + i,
        output: text,
        error: null,
        cumulativeLogprob: null,
        labelProbabilities: null,
        inputTokens: 0,
        outputTokens: 0,
      })),
      prompts: indexes.map(() => null),
      inputs: { format: "json", bytes: Buffer.from(JSON.stringify(inputs)) },
    };
  }
}

/** Writes the table batch by batch: columns id, product, stars, text. */
export async function writeRows(rowCount: number, path: string, seed = 1): Promise<{ path: string; rows: number }> {
  const shape: ResultShape = {
    kind: "table",
    columns: [
      { name: "id", type: "integer" },
      { name: "product", type: "string" },
      { name: "stars", type: "integer" },
    ],
    outputColumn: "text",
    includeInputs: true,
    includeCumulativeLogprobs: false,
    includeErrors: false,
    unpackJson: false,
    unpackedColumns: null,
  };
  return await writeResults(reviewBatches(rowCount, seed), shape, path);
}

const USAGE = `usage: npm run bench:rows -- --out FILE [flags]
  --out FILE   what to write: .csv .tsv .jsonl .json (and .gz of these) .parquet .arrow .feather
  --rows N     (default: 1000000)
  --seed N     of the rows (default: 1)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      rows: { type: "string", default: "1000000" },
      out: { type: "string" },
      seed: { type: "string", default: "1" },
    },
  });
  if (values.help) return console.log(USAGE);
  if (values.out === undefined)
    throw new InputError("ROWMILL_BAD_OPTION", "--out FILE is missing; --help lists the flags");
  const rowCount = readNumberFlag("--rows", values.rows, "count");
  const startMs = performance.now();
  const written = await writeRows(rowCount, values.out, readNumberFlag("--seed", values.seed, "index"));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(
    `${written.rows} rows in ${seconds} s, ${process.resourceUsage().maxRSS >> 10} MB at most: ${written.path}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCommand(main);
