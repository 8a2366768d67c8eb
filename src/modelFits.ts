import { findEndpoint } from "./endpoints.js";
import { type EngineName, engineTraits, likelyEngine } from "./engine/index.js";
import { InputError, messageOf } from "./errors.js";
import type { Home } from "./jobs/index.js";
import {
  backendFacts,
  type Download,
  findDownload,
  listModels,
  type MemoryFit,
  machineFacts,
  partBytes,
  type ResolvedModel,
  resolveModel,
} from "./models/index.js";
import { fitMemory } from "./runner/index.js";

/** A model that a job here could take, and whether it fits into this machine's memory. */
export interface ModelFit {
  readonly model: string;
  /** Of jobs that name no model. */
  readonly isDefault: boolean;
  readonly isHere: boolean;
  /** Of its files; of one that is not here about, by the catalogue's number of weights. Null where that is not known. */
  readonly bytes: number | null;
  /** Null where it can't be told. Of a model that is not here by `bytes` alone. */
  readonly fits: boolean | null;
  /** What a job takes whose rows have 1,000 tokens each, with chat template and output; null where it can't be told. */
  readonly memory: MemoryFit | null;
  /** Why it can't be told, or why no job can have it: null mostly. */
  readonly problem: string | null;
}

/** Tokens of a row, its chat template and its output, in the job that is asked about. */
const ROW_TOKENS = 1000;
const OUTPUT_TOKENS = 512;
const ROWS = 1000;

/** What is asked of a home. */
export interface FitRequest {
  readonly home: Home;
  /** The user's own model names. */
  readonly models: Readonly<Record<string, string>>;
  readonly engine: EngineName;
}

/** The default model first, then those that are on this machine. A file that was never tried is tried first, since llama.cpp
 *  may end a process over it. */
export async function fitModels(request: FitRequest): Promise<ModelFit[]> {
  const { home, models } = request;
  const here = (await listModels(home.path)).filter(({ path, entry }) => path !== null && entry?.kind !== "embedding");
  const named = [home.config.defaultModel, ...Object.keys(models)].filter((name) => !isEndpoint(request, name));
  const names = new Set([...named, ...here.map(({ name }) => name)]);
  const fits: ModelFit[] = [];
  // one after the other: each may take seconds of all cores
  for (const name of names) fits.push(await fitModel(request, name));
  return fits;
}

/** It takes no memory here. */
function isEndpoint({ home, models }: FitRequest, name: string): boolean {
  const own = Object.hasOwn(models, name) ? models[name] : undefined;
  return findEndpoint(own ?? name, home.config) !== null;
}

async function fitModel(request: FitRequest, name: string): Promise<ModelFit> {
  const { home, models } = request;
  const isDefault = name === home.config.defaultModel;
  const unknown = { model: name, isDefault, isHere: false, bytes: null, fits: null, memory: null, problem: null };
  try {
    const found = await resolveModel(name, { home: home.path, models, download: false });
    const bytes = (await partBytes(found.path)).reduce((total, part) => total + part, 0);
    return { ...unknown, isHere: true, bytes, ...(await fitFile(request, found)) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const download = findDownload(name, { home: home.path, models });
    if (error.code !== "ROWMILL_MODEL_NOT_FOUND" || download === null) return { ...unknown, problem: error.message };
    return { ...unknown, ...(await fitDownload(request, download)) };
  }
}

async function fitFile(
  { home, engine }: FitRequest,
  found: ResolvedModel,
): Promise<Pick<ModelFit, "fits" | "memory" | "problem">> {
  const { tryModel } = await import("./submission/index.js");
  try {
    await tryModel(found, home.path);
    const row = { longestRowTokens: ROW_TOKENS - OUTPUT_TOKENS, frameTokens: 0, rowsTotal: ROWS };
    const job = { ...row, engine, rowsDone: 0, rowsFailed: 0, workers: 0, threads: 0, slots: 0 };
    const modelRef = { file: found.path, sha256: found.sha256 };
    const needs = { ...job, modelRef, sampling: { maxTokens: OUTPUT_TOKENS } };
    const memory = await fitMemory(needs, home);
    return { fits: memory?.fits ?? null, memory, problem: null };
  } catch (error) {
    return { fits: null, memory: null, problem: messageOf(error) };
  }
}

async function fitDownload(
  { engine }: FitRequest,
  { roughBytes }: Download,
): Promise<Pick<ModelFit, "bytes" | "fits">> {
  if (roughBytes === null) return { bytes: null, fits: null };
  const { memoryBytes } = machineFacts();
  const { vramBytes, unifiedVramBytes } = await backendFacts();
  // node-llama-cpp spreads a model over both
  const isSpread = !engineTraits(likelyEngine(engine).name).placesWhole;
  const most = isSpread ? memoryBytes + vramBytes - unifiedVramBytes : Math.max(memoryBytes, vramBytes);
  return { bytes: Math.round(roughBytes), fits: roughBytes < most };
}
