import { stringifyExact } from "../../exactNumbers.js";
import type { CompiledOutput, OutputForm } from "../../output/index.js";
import type { EngineJob, EngineRow } from "../engine.js";
import type { Endpoint, EndpointFacts, FormField } from "./endpoint.js";

/** A form as a request's field says it.
 *  @returns null where that field can't say it */
export function formFields(
  field: FormField,
  form: OutputForm,
  compiled: Pick<CompiledOutput, "grammar" | "jsonSchema">,
): Readonly<Record<string, unknown>> | null {
  if (field === "grammar") return { grammar: compiled.grammar.gbnf };
  switch (form.kind) {
    case "schema":
      return schemaFields(field, compiled.jsonSchema);
    case "regex":
      return oneOf(field, {
        structured_outputs: { structured_outputs: { regex: form.source } },
        guided: { guided_regex: form.source },
        sglang: { regex: form.source },
      });
    case "choices":
      return oneOf(field, {
        structured_outputs: { structured_outputs: { choice: form.choices } },
        guided: { guided_choice: form.choices },
        sglang: { regex: form.choices.map(escapedText).join("|") },
      });
    case "grammar":
      return oneOf(field, {
        structured_outputs: { structured_outputs: { grammar: form.gbnf } },
        guided: { guided_grammar: form.gbnf },
        sglang: { ebnf: form.gbnf },
      });
  }
}

function schemaFields(field: FormField, schema: unknown): Readonly<Record<string, unknown>> | null {
  return oneOf(field, {
    response_format: {
      response_format: { type: "json_schema", json_schema: { name: "output", strict: isStrict(schema), schema } },
    },
    structured_outputs: { structured_outputs: { json: schema } },
    guided: { guided_json: schema },
  });
}

/** OpenAI takes a schema strictly only where every object names all of its members and lets none be left out. */
function isStrict(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return true;
  const { properties, required, additionalProperties } = schema as Readonly<Record<string, unknown>>;
  if (typeof properties === "object" && properties !== null) {
    const names: readonly unknown[] = Array.isArray(required) ? required : [];
    if (additionalProperties !== false || Object.keys(properties).some((name) => !names.includes(name))) return false;
  }
  return Object.values(schema).every(isStrict);
}

function oneOf(field: FormField, fields: Partial<Record<FormField, Readonly<Record<string, unknown>>>>) {
  return fields[field] ?? null;
}

/** A text as an expression that matches it alone. */
function escapedText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** @param slot  of a server that lets requests choose theirs (llama-server), else null */
export type WriteBody = (row: EngineRow, slot: number | null) => string;

/** Makes the bodies of a job's requests: what all rows share is written once. */
export function bodyWriter(
  endpoint: Pick<Endpoint, "model">,
  facts: EndpointFacts,
  job: EngineJob,
  compiled: CompiledOutput | null,
): WriteBody {
  const { systemPrompt, templateArguments } = job.chat;
  const system = systemPrompt === null || systemPrompt === "" ? [] : [{ role: "system", content: systemPrompt }];
  const shared = {
    model: endpoint.model,
    stream: false,
    ...samplingFields(job.sampling, facts.takesSampling),
    ...(Object.keys(templateArguments).length > 0 && { chat_template_kwargs: templateArguments }),
    ...formFieldsOf(facts, job.form, compiled),
  };
  const head = JSON.stringify(system).slice(0, -1);
  const tail = (stringifyExact(shared) as string).slice(1);
  const comma = system.length > 0 ? "," : "";
  return ({ text, seed }, slot) => {
    const messages = `${head}${comma}{"role":"user","content":${JSON.stringify(text)}}]`;
    return `{"messages":${messages},"seed":${seed},${slot === null ? "" : `"id_slot":${slot},`}${tail}`;
  };
}

function formFieldsOf({ forms }: EndpointFacts, form: OutputForm | null, compiled: CompiledOutput | null) {
  const field = form === null ? null : (forms[form.kind] ?? null);
  return form === null || field === null || compiled === null ? {} : formFields(field, form, compiled);
}

/** All of them, also those that change nothing: a server has defaults of its own. */
function samplingFields(sampling: EngineJob["sampling"], takesAll: boolean): Readonly<Record<string, unknown>> {
  const { temperature, topP, topK, minP, maxTokens, stop, presencePenalty, frequencyPenalty, repetitionPenalty } =
    sampling;
  return {
    temperature,
    top_p: topP,
    max_tokens: maxTokens,
    ...(stop.length > 0 && { stop }),
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
    ...((sampling.logprobs || sampling.tokenLogprobs) && { logprobs: true }),
    ...(takesAll && {
      // the best of all is the best of one, which a server finds without sorting its whole vocabulary
      top_k: temperature === 0 ? 1 : topK === 0 ? -1 : topK,
      min_p: minP,
      // vLLM's and SGLang's name, and llama-server's
      repetition_penalty: repetitionPenalty,
      repeat_penalty: repetitionPenalty,
    }),
  };
}
