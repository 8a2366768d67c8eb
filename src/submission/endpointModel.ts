import { endpointPrice, findEndpoint } from "../endpoints.js";
import { askEndpoint, type Endpoint, type EndpointFacts, estimateTokens } from "../engine/index.js";
import { InputError } from "../errors.js";
import type { Home } from "../jobs/index.js";
import { modelKey } from "../modelRef.js";
import { type NamingText, naming, option } from "../optionNames.js";
import type { OutputForm } from "../output/index.js";
import type { ChatFormat } from "../prompt/index.js";
import type { JobModel, RowRuler, RowSpace } from "./jobModel.js";
import type { CheckedOptions } from "./options.js";
import type { Warn } from "./warnings.js";

/** What a chat template puts around a system prompt and a row, about. */
const FRAME_TOKENS = 12;

export interface EndpointRequest {
  readonly home: Home;
  readonly options: CheckedOptions;
  readonly form: OutputForm | null;
  readonly warn: Warn;
}

/** A model that other programs run, asked what it can do for this job; what it tells is kept in the catalogue.
 *  @returns null for a name that is no endpoint's
 *  @throws {InputError} ROWMILL_BAD_ENDPOINT, ROWMILL_ENDPOINT_UNREACHABLE, ROWMILL_ENDPOINT_REFUSED, ROWMILL_MODEL_NOT_FOUND,
 *    ROWMILL_NO_KEY; ROWMILL_BAD_OPTION for what an endpoint can't do */
export async function endpointModel(name: string, request: EndpointRequest): Promise<JobModel | null> {
  const { home, options, form, warn } = request;
  const found = findEndpoint(name, home.config);
  if (found === null) return null;
  checkOptions(found, options);
  const { endpoint, facts } = await asked(home, found, form);
  checkFacts(endpoint, facts, options, form, warn);
  const ref = { endpoint: endpoint.name, model: endpoint.model };
  return {
    ...{ name, ref, templateArguments: {}, answerPrefix: null },
    pricePerMillionTokens: endpointPrice(name, home.config),
    parameters: async () => null,
    openRuler: async (format) => new TextRuler(facts.contextTokens, format),
  };
}

async function asked(home: Home, endpoint: Endpoint, form: OutputForm | null) {
  const { catalog } = home;
  const known = (named: Endpoint) => catalog.endpointFacts(keyOf(named)) as EndpointFacts | null;
  const told = await askEndpoint(endpoint, form?.kind ?? null, known);
  // a dry run looks into a home that can't be written as well
  if (!home.isReadOnly) catalog.keepEndpointFacts(keyOf(told.endpoint), told.facts);
  return told;
}

function keyOf({ name, model }: Endpoint): string {
  return modelKey({ endpoint: name, model });
}

/** What no endpoint does: whether a job asks for it, and why it can't be. */
const CANNOT: readonly {
  readonly asks: (options: CheckedOptions) => boolean;
  readonly why: (options: CheckedOptions) => NamingText;
}[] = [
  {
    asks: ({ engine }) => engine === "native" || engine === "node-llama-cpp",
    why: ({ engine }) => naming`the engine ${engine} runs files: leave the option ${option("engine")} out`,
  },
  {
    asks: ({ labelProbabilities }) => labelProbabilities,
    why: () => naming`it tells no probabilities of whole labels: leave ${option("labelProbabilities")} out`,
  },
  {
    asks: ({ confidence }) => confidence,
    why: () => naming`it tells no probabilities of labels: leave ${option("confidence")} out`,
  },
  {
    asks: ({ answerPrefix }) => answerPrefix !== null,
    why: () => naming`its answers begin by themselves: leave ${option("answerPrefix")} out`,
  },
];

function checkOptions({ name }: Endpoint, options: CheckedOptions): void {
  const cannot = CANNOT.find(({ asks }) => asks(options));
  if (cannot !== undefined)
    throw new InputError("ROWMILL_BAD_OPTION", naming`the model ${name} is an endpoint, and ${cannot.why(options)}`);
}

/** What this one does not do. */
function checkFacts(
  { name }: Endpoint,
  facts: EndpointFacts,
  options: CheckedOptions,
  form: OutputForm | null,
  warn: EndpointRequest["warn"],
): void {
  const { topK, minP, repetitionPenalty } = options.sampling;
  if (!facts.takesSampling && (topK > 0 || minP > 0 || repetitionPenalty !== 1))
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      `the endpoint ${name} takes no topK, minP and repetitionPenalty: leave these sampling parameters out`,
    );
  if (form === null) return;
  const field = facts.forms[form.kind] ?? null;
  if (form.kind !== "schema" && field === null)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      `the endpoint ${name} (${facts.server}) holds no output to ${WORDS[form.kind]}: give a schema instead, or take another endpoint`,
    );
  if (field === null)
    warn({
      code: "SCHEMA_NOT_HELD",
      text: `the endpoint ${name} holds no output to a schema: each is checked here, and a row that fails runs again at a sampling temperature above 0`,
      count: null,
    });
}

const WORDS: Readonly<Record<OutputForm["kind"], string>> = {
  schema: "a schema",
  grammar: "a grammar",
  regex: "a regular expression",
  choices: "choices",
};

/** Guesses tokens from the text's length. */
class TextRuler implements RowRuler {
  readonly isExact = false;
  readonly frame = null;
  readonly reasoning = null;

  constructor(
    readonly contextLength: number | null,
    private readonly format: ChatFormat,
  ) {}

  /** Four bytes are one token, so that texts that begin alike have tokens that do. */
  tokenize(text: string): Uint32Array {
    const bytes = Buffer.from(text);
    const tokens = new Uint32Array(Math.ceil(bytes.length / 4));
    new Uint8Array(tokens.buffer).set(bytes);
    return tokens;
  }

  frameFor(maxTokens: number): RowSpace {
    const tokens = FRAME_TOKENS + estimateTokens(this.format.systemPrompt ?? "");
    const capacity = this.contextLength === null ? Number.POSITIVE_INFINITY : this.contextLength - tokens - maxTokens;
    return {
      ...{ prefixTokens: tokens, tokens, capacity },
      tokenize: (text) => this.tokenize(text),
      cut: (row) => (row.length <= capacity ? row : row.subarray(0, Math.max(0, capacity))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
