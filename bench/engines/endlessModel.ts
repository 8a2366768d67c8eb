import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { readGgufFileInfo } from "node-llama-cpp";
import { InputError } from "../../src/errors.js";
import { readVocabularyFacts, tokenBytesOf } from "../../src/grammar/masks/index.js";

/** Numbers and bytes of a block, by ggml's number of the type. */
const BLOCKS: Readonly<Record<number, readonly [numbers: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  6: [32, 22],
  8: [32, 34],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  30: [1, 2],
};

/** A copy of a model that can't end a text: the weights that its end tokens' logits come from are zeroes, so a greedy
 *  choice falls on another token. So every engine generates as many tokens, also those that can't be told to ignore an end.
 *  @returns the copy's path
 *  @throws {InputError} ROWMILL_BAD_OPTION where the weights' type isn't known here */
export async function endlessModelPath(path: string, cacheFolder: string): Promise<string> {
  const { size, mtimeMs } = statSync(path);
  const hash = createHash("sha256").update(`${path} ${size} ${mtimeMs}`).digest("hex").slice(0, 12);
  const copy = join(cacheFolder, `endless-${basename(path, ".gguf")}-${hash}.gguf`);
  if (existsSync(copy)) return copy;
  const { start, rowBytes, endTokens } = await findEndRows(path);
  mkdirSync(cacheFolder, { recursive: true });
  const part = `${copy}.${process.pid}.part`;
  copyFileSync(path, part, constants.COPYFILE_FICLONE);
  const file = openSync(part, "r+");
  for (const token of endTokens) writeSync(file, Buffer.alloc(rowBytes), 0, rowBytes, start + token * rowBytes);
  closeSync(file);
  renameSync(part, copy);
  return copy;
}

async function findEndRows(path: string): Promise<{ start: number; rowBytes: number; endTokens: readonly number[] }> {
  const info = await readGgufFileInfo(path, { sourceType: "filesystem", logWarnings: false });
  const tensors = info.fullTensorInfo ?? [];
  const named = (name: string) => tensors.find((tensor) => tensor.name === name);
  // models with tied embeddings have no matrix of their own for the output
  const output = named("output.weight") ?? named("token_embd.weight");
  const block = BLOCKS[output?.ggmlType ?? -1];
  if (output === undefined || block === undefined || info.splicedParts > 1)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      `${path}: the ends of its texts can't be silenced; take another --model`,
    );
  return {
    start: Number(output.fileOffset),
    rowBytes: (Number(output.dimensions[0]) / block[0]) * block[1],
    endTokens: [...tokenBytesOf(await readVocabularyFacts(path)).endTokens],
  };
}
