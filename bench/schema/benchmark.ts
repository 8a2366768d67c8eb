import { join } from "node:path";
import { openVocabulary, type TokenBytes } from "../../src/grammar/masks/index.js";
import { machineFacts } from "../../src/models/index.js";
import { readCollection } from "./collection.js";
import { type Figures, figuresOf, judgeOwn, keywordsOf, peerFigures, type Verdict } from "./figures.js";
import { type OwnReplay, replayOwn } from "./ownGrammar.js";
import { type PeerName, replayPeers } from "./peers.js";
import { preparePython, wheelsOf } from "./python.js";
import { type TokenizedCase, tokenizeCases } from "./replay.js";
import { defaultTokenizerPath, openTokenizer, type Tokenizer } from "./tokenizer.js";

const WORST = 5;
const PEER_BYTES = 8 * 2 ** 30;

export interface BenchOptions {
  readonly file: string;
  /** The project's folder: peers.py and the cache lie below it. */
  readonly packageFolder: string;
  readonly tokenizer: string | null;
  readonly limit: number | null;
  /** Whom to measure beside it; none for the grammar alone. */
  readonly peers: readonly PeerName[];
  readonly python: string | null;
  readonly peerSeconds: number;
  readonly onLine: (line: string) => void;
}

/** What `--json` prints; the fields of `Figures` are the protocol's. */
export interface BenchReport extends Figures {
  readonly instances: number;
  readonly tokens: number;
  readonly tokenizer: string;
  readonly vocabularySize: number;
  readonly compileUs: { readonly mean: number; readonly max: number };
  /** Schemas that the grammar holds in part, by what it leaves to the check. */
  readonly checkedKeywords: Readonly<Record<string, number>>;
  readonly slowest: readonly { readonly name: string; readonly ttfmUs: number }[];
  /** Memory that one schema took at most, above what there was before it. */
  readonly largest: readonly { readonly name: string; readonly addedBytes: number }[];
  readonly peakRssBytes: number;
  /** By the test suite's files; absent for a collection that has none. */
  readonly files?: FilesFigures;
  readonly machine: ReturnType<typeof machineFacts>;
  readonly peers?: Readonly<Partial<Record<PeerName, PeerReport>>>;
}

type FilesFigures = Readonly<Record<string, Pick<Figures, "schemas" | "passing" | "passingWithCheck">>>;

export interface PeerReport extends Figures {
  readonly version: string;
  readonly bindingUs: number;
}

/** Runs the benchmark. What it does meanwhile goes to `onLine`. */
export async function benchSchemas(options: BenchOptions): Promise<BenchReport> {
  const { onLine, packageFolder } = options;
  const cache = join(packageFolder, "node_modules/.cache/rowmill-bench");
  const scriptFolder = join(packageFolder, "bench/schema");
  const collection = readCollection(options.file, options.limit);
  const wheels = wheelsOf(join(scriptFolder, "requirements.txt"), options.peers);
  const pythonOf = () => preparePython(wheels, join(cache, "peers"), onLine);
  const python = options.peers.length > 0 ? (options.python ?? pythonOf()) : null;
  const tokenizer = await openTokenizer(options.tokenizer ?? defaultTokenizerPath(cache, onLine));
  try {
    const { vocabulary } = tokenizer;
    const cases = tokenizeCases(collection, tokenizer.tokenize);
    const opened = openVocabulary(vocabulary);
    const textOf = decoderOf(vocabulary);
    const replays = await replayOwn(cases, opened, progress("rowmill", cases.length, onLine));
    const verdicts = replays.map((replay, index) => judgeOwn(cases[index]!, replay, textOf));
    const own = ownReport(cases, replays, verdicts, tokenizer);
    if (python === null) return own;
    const limits = { python, wheels, scriptFolder, schemaSeconds: options.peerSeconds, residentBytes: PEER_BYTES };
    const runs = await replayPeers(options.peers, cases, vocabulary, {
      ...limits,
      onProgress: (name) => progress(name, cases.length, onLine),
    });
    const peers = [...runs].map(([name, run]) => {
      const figures = peerFigures(run, cases, textOf);
      return [name, { ...figures, version: run.version, bindingUs: run.bindingNs / 1000 }] as const;
    });
    return { ...own, peers: Object.fromEntries(peers) };
  } finally {
    await tokenizer.close();
  }
}

function ownReport(
  cases: readonly TokenizedCase[],
  replays: readonly OwnReplay[],
  verdicts: readonly Verdict[],
  { name, vocabulary }: Tokenizer,
): BenchReport {
  const checkedKeywords: Record<string, number> = {};
  for (const keyword of replays.flatMap(({ checked }) => keywordsOf(checked))) {
    checkedKeywords[keyword] = (checkedKeywords[keyword] ?? 0) + 1;
  }
  const named = replays.map((replay, index) => ({ ...replay, name: cases[index]!.name }));
  const compileUs = replays.map(({ compileNs }) => compileNs / 1000);
  const bySlowness = named.filter(({ ttfmNs }) => !Number.isNaN(ttfmNs)).sort((a, b) => b.ttfmNs - a.ttfmNs);
  const bySize = [...named].sort((a, b) => b.addedBytes - a.addedBytes);
  const files = figuresByFile(cases, verdicts);
  return {
    ...figuresOf(verdicts, replays),
    instances: cases.reduce((sum, { instances }) => sum + instances.length, 0),
    tokens: cases.reduce((sum, { tokens }) => sum + tokens.reduce((more, { length }) => more + length, 0), 0),
    tokenizer: name,
    vocabularySize: vocabulary.offsets.length - 1,
    compileUs: {
      mean: compileUs.reduce((sum, one) => sum + one, 0) / Math.max(1, compileUs.length),
      max: Math.max(0, ...compileUs),
    },
    checkedKeywords,
    slowest: bySlowness.slice(0, WORST).map((one) => ({ name: one.name, ttfmUs: one.ttfmNs / 1000 })),
    largest: bySize.slice(0, WORST).map((one) => ({ name: one.name, addedBytes: one.addedBytes })),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    ...(files === null ? {} : { files }),
    machine: machineFacts(),
  };
}

function figuresByFile(cases: readonly TokenizedCase[], verdicts: readonly Verdict[]): FilesFigures | null {
  const files: Record<string, { schemas: number; passing: number; passingWithCheck: number }> = {};
  for (const [index, { group }] of cases.entries()) {
    if (group === null) continue;
    files[group] ??= { schemas: 0, passing: 0, passingWithCheck: 0 };
    files[group].schemas++;
    if (verdicts[index]!.passes) files[group].passing++;
    if (verdicts[index]!.passesWithCheck) files[group].passingWithCheck++;
  }
  return Object.keys(files).length === 0 ? null : files;
}

function decoderOf({ bytes, offsets }: TokenBytes): (tokens: Int32Array) => string {
  return (tokens) => Buffer.concat([...tokens].map((id) => bytes.subarray(offsets[id], offsets[id + 1]))).toString();
}

function progress(name: string, total: number, onLine: (line: string) => void): (done: number) => void {
  let nextMs = performance.now() + 10_000;
  return (done) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + 10_000;
    onLine(`${name}: ${done} of ${total} schemas`);
  };
}
