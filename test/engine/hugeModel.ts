import { totalmem } from "node:os";
import { readGgufFileInfo } from "node-llama-cpp";
import { type GgufTensor, type GgufValue, writeGguf } from "../../bench/engines/ggufWriter.js";

const [WIDTH, HEADS, FEED_FORWARD] = [8192, 64, 65_536];
const LAYER_BYTES = (4 * WIDTH * WIDTH + 3 * WIDTH * FEED_FORWARD + 2 * WIDTH) * 4;

/** Writes a model (architecture llama, all weights zero) of half as much again as this machine has memory, with another
 *  model's vocabulary. It takes next to no place on the disk. */
export async function writeHugeModel(path: string, vocabularyPath: string): Promise<void> {
  const { metadata } = await readGgufFileInfo(vocabularyPath, { sourceType: "filesystem", logWarnings: false });
  const { chat_template: template, ggml } = metadata.tokenizer;
  const layers = Math.ceil((1.5 * totalmem()) / LAYER_BYTES);
  const count = (value: number): GgufValue => ({ type: "uint32", value });
  const tensor = (name: string, ...shape: number[]): GgufTensor => ({ name: `${name}.weight`, shape, type: "F32" });
  const layer = (number: number): GgufTensor[] => [
    tensor(`blk.${number}.attn_norm`, WIDTH),
    ...["q", "k", "v", "output"].map((part) => tensor(`blk.${number}.attn_${part}`, WIDTH, WIDTH)),
    tensor(`blk.${number}.ffn_norm`, WIDTH),
    ...["gate", "up"].map((part) => tensor(`blk.${number}.ffn_${part}`, WIDTH, FEED_FORWARD)),
    tensor(`blk.${number}.ffn_down`, FEED_FORWARD, WIDTH),
  ];
  writeGguf(
    path,
    {
      "general.architecture": { type: "string", value: "llama" },
      "llama.context_length": count(2048),
      "llama.embedding_length": count(WIDTH),
      "llama.block_count": count(layers),
      "llama.feed_forward_length": count(FEED_FORWARD),
      "llama.attention.head_count": count(HEADS),
      "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
      "tokenizer.ggml.model": { type: "string", value: "gpt2" },
      "tokenizer.ggml.pre": { type: "string", value: ggml.pre ?? "default" },
      "tokenizer.ggml.tokens": { type: "strings", value: ggml.tokens },
      "tokenizer.ggml.token_type": { type: "int32s", value: ggml.token_type ?? [] },
      "tokenizer.ggml.merges": { type: "strings", value: ggml.merges ?? [] },
      "tokenizer.ggml.eos_token_id": count(ggml.eos_token_id ?? 0),
      "tokenizer.chat_template": { type: "string", value: template ?? "" },
    },
    [
      tensor("token_embd", WIDTH, ggml.tokens.length),
      tensor("output_norm", WIDTH),
      ...Array.from({ length: layers }, (_, number) => layer(number)).flat(),
    ],
  );
}
