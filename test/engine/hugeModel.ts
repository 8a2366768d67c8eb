import { totalmem } from "node:os";
import { type GgufTensor, type GgufValue, writeGguf } from "../../bench/engines/ggufWriter.js";
import { copyVocabulary } from "./copiedVocabulary.js";

const [WIDTH, HEADS, FEED_FORWARD] = [8192, 64, 65_536];
const LAYER_BYTES = (4 * WIDTH * WIDTH + 3 * WIDTH * FEED_FORWARD + 2 * WIDTH) * 4;

/** Writes a model (architecture llama, all weights zero) of half as much again as this machine has memory, with another
 *  model's vocabulary. It takes next to no place on the disk. */
export async function writeHugeModel(path: string, vocabularyPath: string): Promise<void> {
  const vocabulary = await copyVocabulary(vocabularyPath);
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
      ...vocabulary.metadata,
    },
    [
      tensor("token_embd", WIDTH, vocabulary.size),
      tensor("output_norm", WIDTH),
      ...Array.from({ length: layers }, (_, number) => layer(number)).flat(),
    ],
  );
}
