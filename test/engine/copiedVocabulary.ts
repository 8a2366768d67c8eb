import { readGgufFileInfo } from "node-llama-cpp";
import type { GgufValue } from "../../bench/engines/ggufWriter.js";

export interface CopiedVocabulary {
  /** How many tokens it has. */
  readonly size: number;
  readonly metadata: Readonly<Record<string, GgufValue>>;
}

/** A byte-pair vocabulary and its chat template, for a model that a test writes.
 *  @param path  GGUF that has them */
export async function copyVocabulary(path: string): Promise<CopiedVocabulary> {
  const { metadata } = await readGgufFileInfo(path, { sourceType: "filesystem", logWarnings: false });
  const { chat_template: template, ggml } = metadata.tokenizer;
  return {
    size: ggml.tokens.length,
    metadata: {
      "tokenizer.ggml.model": { type: "string", value: "gpt2" },
      "tokenizer.ggml.pre": { type: "string", value: ggml.pre ?? "default" },
      "tokenizer.ggml.tokens": { type: "strings", value: ggml.tokens },
      "tokenizer.ggml.token_type": { type: "int32s", value: ggml.token_type ?? [] },
      "tokenizer.ggml.merges": { type: "strings", value: ggml.merges ?? [] },
      "tokenizer.ggml.eos_token_id": { type: "uint32", value: ggml.eos_token_id ?? 0 },
      "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
      "tokenizer.chat_template": { type: "string", value: template ?? "" },
    },
  };
}
