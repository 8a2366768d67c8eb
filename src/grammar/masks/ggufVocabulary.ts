import type { VocabularyFacts } from "./tokenBytes.js";

/** Reads a model file's vocabulary, without loading the model.
 *  @throws what node-llama-cpp says of a file that it can't read */
export async function readVocabularyFacts(path: string): Promise<VocabularyFacts> {
  const { readGgufFileInfo } = await import("node-llama-cpp");
  const options = { sourceType: "filesystem", readTensorInfo: false, logWarnings: false } as const;
  const { metadata } = await readGgufFileInfo(path, options);
  const { ggml } = metadata.tokenizer;
  const ends = [ggml.eos_token_id, ggml.eot_token_id, ggml.eom_token_id];
  return {
    model: ggml.model,
    tokens: ggml.tokens,
    tokenTypes: ggml.token_type ?? null,
    endTokens: ends.filter((token) => token !== undefined),
  };
}
