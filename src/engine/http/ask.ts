import { z } from "zod";
import { InputError } from "../../errors.js";
import type { OutputForm } from "../../output/index.js";
import { compiledForm } from "../compiledForm.js";
import { readCompletion } from "./completion.js";
import type { Endpoint, EndpointFacts, FormField, FormKind } from "./endpoint.js";
import { readKey } from "./keys.js";
import { formFields } from "./requestBody.js";
import { problemIn, type Reply, Transport } from "./transport.js";

/** A server that computes nothing answers at once; a model that is loaded for the first request takes its time. */
const LOOK_MS = 20_000;
const TRY_MS = 180_000;
const TRY_TOKENS = 24;
/** Of a model that reasons first. */
const REASONING_TOKENS = 2048;

/** A text that no model says by itself. */
const SECRET = "zq-7-kvx";
/** For each kind of form one that lets an output be nothing else, and the fields that may say it, the most exact first. */
const TRIALS: Readonly<Record<FormKind, { readonly form: OutputForm; readonly fields: readonly FormField[] }>> = {
  schema: {
    form: {
      kind: "schema",
      schema: {
        type: "object",
        properties: { code: { type: "string", enum: [SECRET] } },
        required: ["code"],
        additionalProperties: false,
      },
      style: "spaced",
    },
    fields: ["grammar", "response_format", "structured_outputs", "guided"],
  },
  grammar: {
    form: { kind: "grammar", gbnf: `root ::= "${SECRET}"` },
    fields: ["grammar", "structured_outputs", "guided", "sglang"],
  },
  regex: {
    form: { kind: "regex", source: SECRET },
    fields: ["grammar", "structured_outputs", "guided", "sglang"],
  },
  choices: {
    form: { kind: "choices", choices: [SECRET] },
    fields: ["grammar", "structured_outputs", "guided", "sglang"],
  },
};

const modelList = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      owned_by: z.string().nullish(),
      max_model_len: z.number().nullish(),
      meta: z.object({ n_ctx_train: z.number().nullish() }).nullish(),
    }),
  ),
});
/** Of llama-server. */
const properties = z.object({
  total_slots: z.number().int().min(1),
  build_info: z.string().nullish(),
  default_generation_settings: z.object({ n_ctx: z.number().int().min(1).nullish() }).nullish(),
});
/** Of vLLM. */
const versionAnswer = z.object({ version: z.string() });

/** Finds out what an endpoint is and what it can do for a form, by asking.
 *  @param known what an endpoint, its model named, told an earlier time: what is there and of the same server is not asked again
 *  @returns the endpoint with the model's name filled in, and its facts
 *  @throws {InputError} ROWMILL_ENDPOINT_UNREACHABLE, ROWMILL_ENDPOINT_REFUSED, ROWMILL_MODEL_NOT_FOUND, ROWMILL_NO_KEY */
export async function askEndpoint(
  endpoint: Endpoint,
  form: FormKind | null,
  known: (named: Endpoint) => EndpointFacts | null,
): Promise<{ readonly endpoint: Endpoint; readonly facts: EndpointFacts }> {
  await using transport = new Transport(readKey(endpoint));
  const { url, models } = await firstThatAnswers(transport, endpoint);
  const listed = findModel(endpoint, models);
  const named = { ...endpoint, model: listed.id };
  const root = url.replace(/\/v1$/, "");
  const props = properties.safeParse(await look(transport, `${root}/props`)).data;
  const version = versionAnswer.safeParse(await look(transport, `${root}/version`)).data?.version;
  const server = [listed.owned_by ?? "unknown", props?.build_info ?? version].filter(Boolean).join(" ");
  const told = known(named);
  const kept = told?.server === server && String(told.urls) === String(named.urls) ? told : null;
  const ask = new Asking(transport, url, named.model);
  const forms = { ...kept?.forms };
  // what it could not do it may have learnt
  if (form !== null && (forms[form] ?? null) === null) forms[form] = await ask.fieldFor(form);
  return {
    endpoint: named,
    facts: {
      server,
      urls: named.urls,
      contextTokens:
        endpoint.limits.contextTokens ?? props?.default_generation_settings?.n_ctx ?? listed.max_model_len ?? null,
      slots: props?.total_slots ?? null,
      takesSampling: kept?.takesSampling === true || (await ask.takesSampling()),
      forms,
    },
  };
}

async function firstThatAnswers(transport: Transport, { name, urls, key }: Endpoint) {
  const failures: string[] = [];
  for (const url of urls) {
    const reply = await transport.send({ method: "GET", url: `${url}/models`, timeoutMs: LOOK_MS });
    if (reply.kind !== "answer") failures.push(`${url}: ${reply.reason}`);
    else if (reply.status === 401 || reply.status === 403)
      throw new InputError(
        "ROWMILL_ENDPOINT_REFUSED",
        `the endpoint ${name} wants ${key === null ? "a key: name its place in config.json (endpoints: key or keyFile)" : "another key"}: ${reply.status} ${problemIn(reply.body)}`,
      );
    else {
      const models = modelList.safeParse(reply.body).data;
      if (models !== undefined) return { url, models: models.data };
      failures.push(`${url}/models: ${reply.status} ${problemIn(reply.body)}`);
    }
  }
  throw new InputError(
    "ROWMILL_ENDPOINT_UNREACHABLE",
    `no address of the endpoint ${name} answers as an OpenAI-compatible server does: ${failures.join("; ")}; is it running, and does its address end in /v1?`,
  );
}

function findModel({ name, model }: Endpoint, models: z.infer<typeof modelList>["data"]) {
  const ids = models.map(({ id }) => id);
  const found = model === "" && models.length === 1 ? models[0] : models.find(({ id }) => id === model);
  if (found !== undefined) return found;
  // a gateway may serve more than it lists, a llama-server any name
  if (model !== "" && (models.length === 0 || models[0]?.owned_by === "llamacpp")) return { ...models[0], id: model };
  const which = ids.length === 0 ? "it lists none" : `it has ${ids.slice(0, 20).join(", ")}`;
  throw new InputError(
    "ROWMILL_MODEL_NOT_FOUND",
    model === ""
      ? `the endpoint ${name} needs the name of a model behind its address (#MODEL): ${which}`
      : `the endpoint ${name} has no model ${model}: ${which}`,
  );
}

/** A page that only some servers have. */
async function look(transport: Transport, url: string): Promise<unknown> {
  const reply = await transport.send({ method: "GET", url, timeoutMs: LOOK_MS });
  return reply.kind === "answer" && reply.status === 200 ? reply.body : null;
}

class Asking {
  constructor(
    private readonly transport: Transport,
    private readonly url: string,
    private readonly model: string,
  ) {}

  /** The first field that the endpoint follows: what is not known is refused by some servers and passed over by others. */
  async fieldFor(kind: FormKind): Promise<FormField | null> {
    const { form, fields } = TRIALS[kind];
    const compiled = await compiledForm(form);
    for (const field of fields) {
      const asked = formFields(field, form, compiled);
      if (asked === null) continue;
      const text = await this.#say(asked);
      if (text === null) continue;
      if (compiled.problemOf(text, true) === null) return field;
    }
    return null;
  }

  async takesSampling(): Promise<boolean> {
    return (await this.#say({ top_k: -1, min_p: 0, repetition_penalty: 1, repeat_penalty: 1 })) !== null;
  }

  /** @returns null where the request is refused */
  async #say(fields: Readonly<Record<string, unknown>>, maxTokens = TRY_TOKENS): Promise<string | null> {
    const body = JSON.stringify({
      model: this.model,
      messages: [{ role: "user", content: "Answer in JSON with the code word." }],
      max_tokens: maxTokens,
      temperature: 0,
      stream: false,
      ...fields,
    });
    const reply: Reply = await this.transport.send({
      method: "POST",
      url: `${this.url}/chat/completions`,
      body,
      timeoutMs: TRY_MS,
    });
    if (reply.kind !== "answer")
      throw new InputError(
        "ROWMILL_ENDPOINT_UNREACHABLE",
        `${this.url} does not answer a first request: ${reply.reason}`,
      );
    const completion = reply.status >= 200 && reply.status < 300 ? readCompletion(reply.body) : null;
    if (completion !== null) {
      const isReasoning = completion.text === "" && completion.finish === "length" && maxTokens < REASONING_TOKENS;
      return isReasoning ? await this.#say(fields, REASONING_TOKENS) : completion.text;
    }
    if (reply.status === 401 || reply.status === 403)
      throw new InputError(
        "ROWMILL_ENDPOINT_REFUSED",
        `${this.url} refuses a first request: ${reply.status} ${problemIn(reply.body)}`,
      );
    if (reply.status === 400 || reply.status === 422) return null;
    throw new InputError(
      "ROWMILL_ENDPOINT_UNREACHABLE",
      `${this.url} does not answer a first request: ${reply.status} ${problemIn(reply.body)}`,
    );
  }
}
