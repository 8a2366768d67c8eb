import { type FrameTokens, type Tokenizer, tokenizeFrame } from "../../src/engine/local/index.js";
import type { OutputForm } from "../../src/output/index.js";
import { renderChatHere } from "../../src/prompt/chatHere.js";

export interface WorkloadRow {
  readonly text: string;
  /** The text's token ids, without prefix and suffix. */
  readonly tokens: Uint32Array;
}

/** What an engine is given: the rows of one job, as token ids, and what to do with them. */
export interface Workload {
  readonly name: string;
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
  /** `null` for free text. */
  readonly form: OutputForm | null;
  readonly maxTokens: number;
  /** The most tokens that a row has. */
  readonly rowTokens: number;
  /** The first rows, made as they are asked for: the same ones for every engine. */
  rows(count: number): readonly WorkloadRow[];
}

/** Workloads that are measured side by side: the same job, its prompts written in different ways. */
export interface WorkloadGroup {
  readonly name: string;
  /** The first one is what configurations are tried on. */
  readonly variants: readonly [Workload, ...Workload[]];
  /** Outputs end at `maxTokens` alone: run the model that can't end a text. */
  readonly isEndless: boolean;
}

/** Tokens that a slot needs for any row of the group. */
export function slotTokensOf({ variants }: WorkloadGroup): number {
  const needs = variants.map(
    ({ prefix, suffix, rowTokens, maxTokens }) => prefix.length + rowTokens + suffix.length + maxTokens,
  );
  // one free place: engines differ in whether the last token is stored
  return Math.max(...needs) + 1;
}

/** Makes rows one after the other and keeps them. */
export function growingRows(engine: Pick<Tokenizer, "tokenize">, write: (index: number) => string): Workload["rows"] {
  const made: WorkloadRow[] = [];
  return (count) => {
    while (made.length < count) {
      const text = write(made.length);
      made.push({ text, tokens: engine.tokenize(text) });
    }
    return made.slice(0, count);
  };
}

/** The model's own chat around a row, with instructions before it. */
export function chatFrame(engine: Tokenizer, systemPrompt: string): FrameTokens {
  return tokenizeFrame(
    engine,
    renderChatHere(engine.facts, { systemPrompt, templateArguments: {}, answerPrefix: null }),
  );
}

/** Outputs of exactly these members, in this order, as the product writes JSON where nothing else is asked for. */
export function objectForm(properties: Readonly<Record<string, unknown>>): OutputForm {
  const schema = { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
  return { kind: "schema", schema, style: "spaced" };
}
