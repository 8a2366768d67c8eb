import type { Tokenizer } from "../../src/engine/local/index.js";
import { Random, seedOf } from "../fuzz/random.js";
import { demoWorkload } from "./demoWorkload.js";
import { ExactText } from "./exactText.js";
import { tableGroup } from "./tableWorkload.js";
import { chatFrame, growingRows, objectForm, type Workload, type WorkloadGroup } from "./workload.js";

/** Made for measuring. */
export const MADE_WORKLOADS = ["classify", "extract", "generate", "table"] as const;
export const WORKLOAD_NAMES = [...MADE_WORKLOADS, "reviews", "tickets"] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

const TEXT = { type: "string" } as const;

/** Makes a workload for a model's tokenizer.
 *
 *  | name     | before the row | a row's tokens          | output                                            |
 *  | -------- | -------------- | ----------------------- | ------------------------------------------------- |
 *  | classify | 500 tokens     | 60                      | object: one of 8 labels, a boolean                |
 *  | extract  | instructions   | 250, the values in them | object of six fields                              |
 *  | generate | nothing        | 60                      | 128 tokens of free text                           |
 *  | table    | instructions   | 300 in five columns     | object of two labels; columns as given and as the |
 *  |          |                |                         | product orders them                               |
 *  | reviews  | the demo's     | the demo's              | object of one label                               |
 *  | tickets  | the demo's     | the demo's              | object of two labels and a value from the row     |
 *  */
export async function makeWorkload(name: WorkloadName, engine: Tokenizer, seed: number): Promise<WorkloadGroup> {
  switch (name) {
    case "classify":
      return oneWorkload(classify(engine, seed));
    case "extract":
      return oneWorkload(extract(engine, seed));
    case "generate":
      return { ...oneWorkload(generate(engine, seed)), isEndless: true };
    case "table":
      return tableGroup(engine, seed);
    case "reviews":
    case "tickets":
      return oneWorkload(await demoWorkload(engine, name));
  }
}

function oneWorkload(workload: Workload): WorkloadGroup {
  return { name: workload.name, variants: [workload], isEndless: false };
}

function classify(engine: Tokenizer, seed: number): Workload {
  const text = new ExactText(engine);
  const labels = ["delivery", "refund", "quality", "price", "advice", "praise", "warranty", "other"];
  const opening = `Sort each message of a customer into one of these: ${labels.join(", ")}. Say whether it is urgent. Examples:`;
  const frameOf = (systemPrompt: string) => chatFrame(engine, systemPrompt);
  const prefixTokens = (systemPrompt: string) => frameOf(systemPrompt).prefix.length;
  const systemPrompt = text.fill(new Random(seedOf(seed, 0)), 500, opening, prefixTokens);
  return {
    name: "classify",
    ...frameOf(systemPrompt),
    form: objectForm({ category: { enum: labels }, urgent: { type: "boolean" } }),
    maxTokens: 32,
    rowTokens: 60,
    rows: growingRows(engine, (index) => text.fill(new Random(seedOf(seed, index + 1)), 60, "Message")),
  };
}

const CUSTOMERS = [
  "Maria Schmidt",
  "John Okafor",
  "Li Wei",
  "Amelie Laurent",
  "Ravi Patel",
  "Sofia Rossi",
  "Erik Lund",
];
const CITIES = ["Lisbon", "Hamburg", "Leeds", "Porto", "Krakow", "Ghent", "Malmo", "Turin"];
const GOODS = ["desk lamp", "kettle", "rain jacket", "bike light", "coffee grinder", "headset", "rucksack"];

function extract(engine: Tokenizer, seed: number): Workload {
  const text = new ExactText(engine);
  const two = (value: number) => String(value).padStart(2, "0");
  return {
    name: "extract",
    ...chatFrame(engine, "Copy the customer, city, product, order number, date and total out of the message, as JSON."),
    form: objectForm({
      customer: { ...TEXT, maxLength: 40 },
      city: { ...TEXT, maxLength: 30 },
      product: { ...TEXT, maxLength: 40 },
      order_number: { type: "integer", minimum: 10_000, maximum: 99_999 },
      date: { ...TEXT, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
      total: { ...TEXT, pattern: "^[0-9]{1,4}\\.[0-9]{2}$" },
    }),
    maxTokens: 256,
    rowTokens: 250,
    rows: growingRows(engine, (index) => {
      const random = new Random(seedOf(seed, index + 1));
      const date = `20${10 + random.below(16)}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`;
      const total = `${1 + random.below(900)}.${two(random.below(100))}`;
      const opening =
        `${random.from(CUSTOMERS)} of ${random.from(CITIES)} ordered a ${random.from(GOODS)} on ${date}, ` +
        `order number ${10_000 + random.below(90_000)}, for ${total} EUR`;
      return text.fill(random, 250, opening);
    }),
  };
}

function generate(engine: Tokenizer, seed: number): Workload {
  const text = new ExactText(engine);
  const { bosText, prependsBos } = engine.facts;
  return {
    name: "generate",
    // nothing that rows share, so that all engines compute the same tokens
    prefix: prependsBos && bosText !== null ? engine.tokenizeTemplate(bosText) : new Uint32Array(),
    suffix: new Uint32Array(),
    form: null,
    maxTokens: 128,
    rowTokens: 60,
    rows: growingRows(engine, (index) => {
      const random = new Random(seedOf(seed, index + 1));
      return text.fill(random, 60, `${random.from(CUSTOMERS)} wrote`);
    }),
  };
}
