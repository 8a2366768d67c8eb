import { type GgufTensor, type GgufValue, writeGguf } from "../../bench/engines/ggufWriter.js";
import { copyVocabulary } from "./copiedVocabulary.js";

const [LAYERS, WIDTH, INNER, KERNEL, STATE, RANK] = [2, 64, 128, 4, 16, 8];

/** Writes a small recurrent model (architecture mamba) with random weights and another model's vocabulary and chat template:
 *  its memory is one state, which can't be cut. */
export async function writeRecurrentModel(path: string, vocabularyPath: string): Promise<void> {
  const vocabulary = await copyVocabulary(vocabularyPath);
  const count = (value: number): GgufValue => ({ type: "uint32", value });
  writeGguf(
    path,
    {
      "general.architecture": { type: "string", value: "mamba" },
      "mamba.context_length": count(2048),
      "mamba.embedding_length": count(WIDTH),
      "mamba.feed_forward_length": count(0),
      "mamba.attention.head_count": count(0),
      "mamba.block_count": count(LAYERS),
      "mamba.ssm.conv_kernel": count(KERNEL),
      "mamba.ssm.inner_size": count(INNER),
      "mamba.ssm.state_size": count(STATE),
      "mamba.ssm.time_step_rank": count(RANK),
      "mamba.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
      ...vocabulary.metadata,
    },
    tensorsOf(vocabulary.size),
  );
}

function tensorsOf(vocabulary: number): GgufTensor[] {
  const layer = (number: number): GgufTensor[] => {
    const tensor = (name: string, shape: readonly number[], center: number, deviation: number) =>
      randomF32(`blk.${number}.${name}`, shape, center, deviation);
    return [
      tensor("attn_norm.weight", [WIDTH], 1, 0),
      tensor("ssm_in.weight", [WIDTH, 2 * INNER], 0, 0.1),
      tensor("ssm_conv1d.weight", [KERNEL, INNER], 0, 0.5),
      tensor("ssm_conv1d.bias", [INNER], 0, 0),
      tensor("ssm_x.weight", [INNER, RANK + 2 * STATE], 0, 0.2),
      tensor("ssm_dt.weight", [RANK, INNER], 0, 0.3),
      tensor("ssm_dt.bias", [INNER], -1, 0.5),
      tensor("ssm_a", [STATE, INNER], -0.5, 0.2),
      tensor("ssm_d", [INNER], 1, 0),
      tensor("ssm_out.weight", [INNER, WIDTH], 0, 0.2),
    ];
  };
  return [
    randomF32("token_embd.weight", [WIDTH, vocabulary], 0, 0.3),
    randomF32("output_norm.weight", [WIDTH], 1, 0),
    ...Array.from({ length: LAYERS }, (_, number) => layer(number)).flat(),
  ];
}

/** Numbers spread evenly up to `spread` around a centre, the same for the same name. */
function randomF32(name: string, shape: readonly number[], center: number, spread: number): GgufTensor {
  return {
    name,
    shape,
    type: "F32",
    *bytes() {
      let state = [...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 0x01000193), 0x811c9dc5) | 1;
      const length = shape.reduce((product, one) => product * one, 1);
      const numbers = Float32Array.from({ length }, () => {
        // Marsaglia's xorshift32
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return center + (spread * state) / 2 ** 31;
      });
      yield new Uint8Array(numbers.buffer);
    },
  };
}
