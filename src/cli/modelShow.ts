import { cutMiddle } from "../foreignText.js";
import type { Door } from "./door.js";
import { formatBytes, formatCount, formatMagnitude } from "./quantities.js";
import { renderPairs } from "./table.js";

type ShownModel = Awaited<ReturnType<Door["mill"]["showModel"]>>;
type Entry = NonNullable<ShownModel["entry"]>;
type Facts = NonNullable<ShownModel["facts"]>;
type Pair = readonly [string, string | null | undefined | false];

/** What a value may take of the screen; `--json` has all of it. */
const LONGEST_VALUE = 300;

/** A model for people: what it is, how it answers, where it comes from, whether it is here, and what its file says of itself.
 *  @param command writes a command that works when it is copied
 *  @param width   of the terminal, in columns */
export function renderModel(model: ShownModel, command: Door["command"], width: number): string {
  const { name, entry, source, path, bytes, sha256, problem, facts } = model;
  const pairs: Pair[] = [
    ["model", name],
    ...(entry === null ? [] : entryPairs(entry)),
    [
      "here",
      path === null
        ? `no: ${command("models", "pull", name)}`
        : `${path}${bytes === null ? "" : `, ${formatBytes(bytes)}`}`,
    ],
    ["pulled from", source !== null && !entry?.sources.includes(source) && source],
    ["SHA-256", sha256],
    ["what is wrong", problem],
    ...(facts === null ? [] : factPairs(facts, entry)),
  ];
  const said = pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "");
  return renderPairs(
    said.map(([label, value]) => [label, cutMiddle(value, LONGEST_VALUE)]),
    width,
  );
}

function entryPairs(entry: Entry): Pair[] {
  return [
    ["also called", entry.aliases.join(", ")],
    ["kind", entry.kind === "embedding" && "an embedding model, which Rowmill does not run yet"],
    ["parameters", parametersOf(entry)],
    ["context", entry.contextLength !== null && `${formatCount(entry.contextLength)} tokens`],
    ["licence", entry.licence],
    ["reasoning", reasoningOf(entry)],
    ["variants", entry.variants.map(({ name }) => name).join(", ")],
    ["hosted price", priceOf(entry)],
    ["sources", entry.sources.join(", ")],
    ["known from", `${entry.confirmed ? "" : "not confirmed: "}${entry.sourceNote}`],
  ];
}

function parametersOf({ parameters, activeParameters }: Entry): string | null {
  if (parameters === null) return null;
  return `${formatMagnitude(parameters)}${activeParameters === undefined ? "" : `, ${formatMagnitude(activeParameters)} of them for each token`}`;
}

/** Whether it reasons before it answers, and how the catalogue keeps it from that. */
function reasoningOf({ thinking, templateArguments, answerPrefix }: Entry): string {
  if (!thinking) return "none";
  const means = [
    ...(Object.keys(templateArguments).length === 0 ? [] : [`template arguments ${JSON.stringify(templateArguments)}`]),
    ...(answerPrefix === null ? [] : [`the answer's prefix ${JSON.stringify(answerPrefix)}`]),
  ];
  return means.length === 0 ? "before each answer" : `switched off by ${means.join(" and ")}`;
}

function priceOf({ pricePerMillionTokens: price, priceSource }: Entry): string {
  if (price === null) return `none known: ${priceSource}`;
  if (price.input === 0 && price.output === 0) return `none: ${priceSource}`;
  return `${price.input} USD for a million tokens in, ${price.output} USD out: ${priceSource}`;
}

/** What its file says, where the catalogue has not said it. */
function factPairs(facts: Facts, entry: Entry | null): Pair[] {
  const { layers, embeddingLength, heads, kvHeads, vocabularySize, slidingWindow } = facts;
  const state = facts.isRecurrent ? "recurrent" : facts.isHybrid ? "partly recurrent" : "";
  const shape = [
    `${facts.architecture}${state === "" ? "" : ` (${state})`}`,
    `${formatCount(layers)} layers of ${formatCount(embeddingLength)}`,
    `${formatCount(heads)} heads (${formatCount(kvHeads)} of keys and values)`,
    `a vocabulary of ${formatCount(vocabularySize)} tokens`,
    ...(slidingWindow === null ? [] : [`a sliding window of ${formatCount(slidingWindow)} tokens`]),
  ].join(", ");
  return [
    ["called in its file", facts.name !== entry?.name && facts.name],
    ["parameters", entry?.parameters == null && formatMagnitude(facts.parameters)],
    ["context", entry?.contextLength == null && `${formatCount(facts.contextLength)} tokens`],
    ["architecture", shape],
    ["can be loaded", !facts.isSupported && "no: llama.cpp here does not know its architecture"],
    ["chat template", facts.chatTemplate ?? "none: a prompt is plain text"],
  ];
}
