import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { InputError } from "../../src/errors.js";
import type { TokenBytes } from "../../src/grammar/masks/index.js";
import { type SchemaReplay, type TokenizedCase, withoutGrammar } from "./replay.js";

export const PEERS = ["llguidance", "xgrammar"] as const;
export type PeerName = (typeof PEERS)[number];

/** For the imports and the vocabulary. */
const START_SECONDS = 300;

/** A peer's replays, in the order of the cases. */
export interface PeerRun {
  readonly version: string;
  /** Median time of its binding's call in a state where there is next to nothing to do; part of every figure. */
  readonly bindingNs: number;
  readonly replays: readonly SchemaReplay[];
}

export interface PeerOptions {
  /** The Python that has the wheels. */
  readonly python: string;
  readonly wheels: readonly string[];
  /** The folder of peers.py. */
  readonly scriptFolder: string;
  /** What one schema may take, all its instances included. */
  readonly schemaSeconds: number;
  readonly residentBytes: number;
  /** Gives what is told after each schema of a peer. */
  readonly onProgress: (name: PeerName) => (done: number) => void;
}

/** Replays the cases in Python, one peer after the other, in a process that is replaced when it dies, hangs or swells: the
 *  schema that did it counts as not compiled.
 *  @throws {InputError} ROWMILL_NO_PEERS without that Python or its wheels */
export async function replayPeers(
  names: readonly PeerName[],
  cases: readonly TokenizedCase[],
  vocabulary: TokenBytes,
  options: PeerOptions,
): Promise<Map<PeerName, PeerRun>> {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-peers-"));
  try {
    await writeWork(folder, cases, vocabulary);
    const runs = new Map<PeerName, PeerRun>();
    for (const name of names) runs.set(name, await replayPeer(name, folder, cases, options));
    return runs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeWork(folder: string, cases: readonly TokenizedCase[], vocabulary: TokenBytes): Promise<void> {
  writeFileSync(join(folder, "vocabulary.bin"), vocabulary.bytes);
  writeFileSync(join(folder, "offsets.bin"), new Uint8Array(vocabulary.offsets.buffer));
  writeFileSync(join(folder, "plan.json"), JSON.stringify({ endTokens: [...vocabulary.endTokens] }));
  const file = createWriteStream(join(folder, "cases.jsonl"));
  for (const { schemaText, tokens } of cases) {
    const instances = tokens.map((one) => [...one]);
    if (!file.write(`${JSON.stringify({ schema: schemaText, instances })}\n`)) {
      await once(file, "drain");
    }
  }
  file.end();
  await finished(file);
}

interface Greeting {
  readonly version: string;
  readonly bindingNs: number;
}

type Line = Greeting | ({ readonly index: number } & (PeerError | PeerTimes));
interface PeerError {
  readonly error: string;
}
interface PeerTimes {
  readonly ttfmNs: number;
  readonly coldNs: readonly number[];
  readonly warmNs: readonly number[];
  readonly ends: readonly number[];
}

async function replayPeer(
  name: PeerName,
  folder: string,
  cases: readonly TokenizedCase[],
  options: PeerOptions,
): Promise<PeerRun> {
  const replays: SchemaReplay[] = [];
  const onDone = options.onProgress(name);
  let greeting: Greeting | null = null;
  while (replays.length < cases.length || greeting === null) {
    const ending = await runWorker(name, folder, replays.length, options, (line) => {
      if ("version" in line) greeting = line;
      else replays.push(replayOf(line));
      onDone(replays.length);
    });
    if (greeting === null) throw noPeers(options, ending);
    if (replays.length === cases.length) continue;
    replays.push(withoutGrammar(ending || "the worker ended early"));
    onDone(replays.length);
  }
  return { ...(greeting as Greeting), replays };
}

function replayOf(line: PeerError | PeerTimes): SchemaReplay {
  if ("error" in line) return withoutGrammar(line.error);
  const { ttfmNs, ends } = line;
  return {
    compileError: null,
    ttfmNs,
    coldNs: Float64Array.from(line.coldNs),
    warmNs: Float64Array.from(line.warmNs),
    ends,
  };
}

/** Runs one worker from a schema on. @returns how it ended, in words */
async function runWorker(
  name: PeerName,
  folder: string,
  first: number,
  options: PeerOptions,
  onLine: (line: Line) => void,
): Promise<string> {
  const script = join(options.scriptFolder, "peers.py");
  const child = spawn(options.python, [script, name, folder, String(first)], { stdio: ["ignore", "pipe", "pipe"] });
  let ending = "";
  let lastLineMs = performance.now();
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors = (errors + text.toString()).slice(-4_000);
  });
  const closed = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(ending || (code === 0 ? "" : endOf(code, signal, errors))));
  });
  let hasBegun = false;
  const watch = setInterval(() => {
    const seconds = (performance.now() - lastLineMs) / 1000;
    const limit = hasBegun ? options.schemaSeconds : START_SECONDS;
    if (seconds > limit) ending = `time limit: over ${limit} s`;
    else if (residentBytesOf(child) > options.residentBytes)
      ending = `memory limit: over ${options.residentBytes / 2 ** 30} GiB`;
    if (ending !== "") child.kill("SIGKILL");
  }, 100);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      hasBegun = true;
      lastLineMs = performance.now();
      onLine(JSON.parse(line) as Line);
    }
    return await closed;
  } finally {
    clearInterval(watch);
    child.kill("SIGKILL");
  }
}

function endOf(code: number | null, signal: string | null, errors: string): string {
  const last = errors.trim().split("\n").at(-1) ?? "";
  return signal === null ? `exit code ${code}: ${last}` : `crash: ${signal}`;
}

/** Resident memory of a process; 0 where the system has no /proc, and so no limit. */
function residentBytesOf({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;
  } catch {
    return 0;
  }
}

function noPeers({ python, wheels }: PeerOptions, ending: string): InputError {
  return new InputError(
    "ROWMILL_NO_PEERS",
    `${python} can't run the peers (${ending || "it said nothing"}): python3 -m venv peers && ` +
      `peers/bin/pip install ${wheels.join(" ")}, then --python peers/bin/python`,
  );
}
