import { stat } from "node:fs/promises";
import type { ModelFileFacts } from "../models/index.js";
import { readModel } from "./planForMachine.js";

/** Reads models' files, each once while jobs wait for it: a header with a large vocabulary takes a second of CPU. */
export class ModelReader {
  readonly #read = new Map<string, { readonly identity: string; readonly facts: ModelFileFacts }>();

  /** @throws as `readModel` */
  async facts(path: string): Promise<ModelFileFacts> {
    const identity = await identityOf(path);
    const known = this.#read.get(path);
    if (known?.identity === identity) return known.facts;
    const facts = await readModel(path);
    this.#read.set(path, { identity, facts });
    return facts;
  }

  /** Forgets all but these: what is read of a model takes some memory. */
  keep(paths: ReadonlySet<string>): void {
    for (const path of this.#read.keys()) if (!paths.has(path)) this.#read.delete(path);
  }
}

/** Another text when another file stands there. */
async function identityOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return [ino, size, mtimeMs].join(" ");
  } catch {
    // whoever reads it says what is wrong
    return "";
  }
}
