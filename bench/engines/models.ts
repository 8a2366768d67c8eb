import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../src/errors.js";
import { defaultTokenizerPath } from "../schema/tokenizer.js";
import { endlessModelPath } from "./endlessModel.js";
import { RANDOM_SHAPES, type RandomModelName, randomModelPath } from "./randomGguf.js";

/** A model to run, by the name that was asked for. */
export interface BenchModel {
  readonly name: string;
  readonly path: string;
  /** The same weights, but no text ends before its last token. */
  endlessPath(): Promise<string>;
}

/** The names that a model may have besides a path. */
export const MODEL_NAMES = ["starter", ...Object.keys(RANDOM_SHAPES)] as const;

/** Finds a model, or writes it.
 *  @param packageFolder  the project's folder: the starter model and the cache lie below it
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND */
export async function findModel(
  name: string,
  packageFolder: string,
  onLine: (line: string) => void,
): Promise<BenchModel> {
  const cache = join(packageFolder, "node_modules/.cache/rowmill-bench");
  if (isRandom(name)) {
    const path = await randomModelPath(name, cache, defaultTokenizerPath(cache, onLine), onLine);
    return { name, path, endlessPath: async () => path };
  }
  const path = name === "starter" ? join(packageFolder, "models/starter/starter.gguf") : name;
  if (!existsSync(path)) {
    const names = MODEL_NAMES.join(", ");
    throw new InputError("ROWMILL_MODEL_NOT_FOUND", `--model takes ${names} or a file, and there is no file ${name}`);
  }
  return { name, path, endlessPath: () => endlessModelPath(path, cache) };
}

function isRandom(name: string): name is RandomModelName {
  return Object.hasOwn(RANDOM_SHAPES, name);
}
