// What the grammar takes of an engine's step on the demo's jobs, and what forced tokens save:
//   npm run bench:grammar -- [--model FILE.gguf] [--slots 16] [--rounds 3] [--json]
// Each job runs with the reference engine (one thread, the planned slots) without a grammar and with llama.cpp's own, both
// once more for a single token a row: the difference is decoding alone, in CPU time. The outputs under the grammar are then replayed
// through the native masks, row after row.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openTokenEngine } from "../src/engine/local/index.js";
import { openVocabulary, readVocabularyFacts, tokenBytesOf } from "../src/grammar/masks/index.js";
import { machineFacts } from "../src/models/index.js";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";
import { type EngineRun, readDemoJobs, runDemoJob } from "./grammar/demoJobs.js";
import { type ReplayCost, replayRows, withEnd } from "./grammar/replayRows.js";

const PACKAGE = new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url);
const MOST_TOKENS = 64;
const USAGE = `usage: npm run --silent bench:grammar -- [flags]  (takes about two minutes)
  --model FILE.gguf  the model to run (default: the starter model)
  --slots N          rows at a time (default: 16)
  --rounds N         the median of so many (default: 3)
  --json             the figures as JSON`;

/** Microseconds an output token. */
interface JobFigures extends ReplayCost {
  readonly name: string;
  readonly rows: number;
  readonly engineUs: number;
  readonly engineWithGbnfUs: number;
  /** Of the engine's step without a grammar plus the native grammar's time, 0 to 1: in rows after the first. */
  readonly share: number;
  readonly forcedShare: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      model: { type: "string", default: fileURLToPath(new URL("models/starter/starter.gguf", PACKAGE)) },
      slots: { type: "string", default: "16" },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const slots = readNumberFlag("--slots", values.slots, "count");
  const rounds = readNumberFlag("--rounds", values.rounds, "count");
  const tokenBytes = tokenBytesOf(await readVocabularyFacts(values.model));
  const vocabulary = openVocabulary(tokenBytes);
  await using engine = await openTokenEngine({
    engine: "node-llama-cpp",
    modelPath: values.model,
    threads: 1,
    backend: "cpu",
  });
  const figures: JobFigures[] = [];
  for (const job of await readDemoJobs(engine)) {
    const run = (hasGrammar: boolean, most: number) =>
      runDemoJob(engine, job, hasGrammar ? job.compiled : null, slots, most);
    const told = (what: string) => (round: number) =>
      console.error(`${job.name}, ${job.rows.length} rows: ${what}, round ${round} of ${rounds}`);
    await run(true, 1);
    const free = await decodeUs(rounds, told("the engine without a grammar"), (most) => run(false, most));
    const gbnf = await decodeUs(rounds, told("the engine with llama.cpp's grammar"), (most) => run(true, most));
    console.error(`${job.name}: the outputs through the native grammar`);
    const decoder = new TextDecoder();
    const tokenize = (text: Uint8Array) => engine.tokenize(decoder.decode(text));
    const rows = gbnf.last.texts.map((text) => withEnd(engine.tokenize(text), tokenBytes));
    const cost = replayRows(job.compiled.tables, vocabulary, rows, tokenize);
    figures.push({
      name: job.name,
      rows: job.rows.length,
      engineUs: free.us,
      engineWithGbnfUs: gbnf.us,
      ...cost,
      share: cost.laterRowsUs / (free.us + cost.laterRowsUs),
      forcedShare: cost.forced / cost.tokens,
    });
  }
  const report = { slots, rounds, vocabularySize: vocabulary.size, jobs: figures, machine: machineFacts() };
  if (values.json) console.log(JSON.stringify(report));
  else for (const line of linesOf(figures, vocabulary.size, slots)) console.log(line);
}

/** Decoding alone, the median of some rounds. */
async function decodeUs(
  rounds: number,
  onRound: (round: number) => void,
  run: (maxTokens: number) => Promise<EngineRun>,
): Promise<{ us: number; last: EngineRun }> {
  const found: number[] = [];
  let last: EngineRun | null = null;
  for (let round = 0; round < rounds; round++) {
    onRound(round + 1);
    const short = await run(1);
    last = await run(MOST_TOKENS);
    found.push((last.cpuUs - short.cpuUs) / Math.max(1, last.outputTokens - short.outputTokens));
  }
  return { us: found.sort((a, b) => a - b)[Math.floor(rounds / 2)]!, last: last! };
}

function* linesOf(figures: readonly JobFigures[], vocabularySize: number, slots: number): Generator<string> {
  const { cpuModel, cores } = machineFacts();
  yield `${slots} slots, one thread, ${vocabularySize} tokens; ${cpuModel}, ${cores} cores. Microseconds of CPU an output token.`;
  for (const job of figures) {
    const us = (value: number) => `${value < 10 ? value.toFixed(2) : Math.round(value)} us`;
    yield `\n${job.name}: ${job.rows} rows, ${job.tokens} tokens`;
    yield `  engine's step without a grammar             ${us(job.engineUs)}`;
    yield `  engine's step with llama.cpp's grammar      ${us(job.engineWithGbnfUs)}`;
    yield `  native mask and acceptance, first row       ${us(job.firstRowUs)}`;
    yield `  native mask and acceptance, later rows      ${us(job.laterRowsUs)}`;
    yield `  share of a step, later rows                 ${(100 * job.share).toFixed(2)} %`;
    yield `  forced: not sampled                         ${job.forced} of ${job.tokens} tokens, ${(100 * job.forcedShare).toFixed(1)} %`;
    if (job.retokenized > 0) yield `  places where forcing would write other tokens: ${job.retokenized}`;
  }
  yield `
A step is the engine's time per output token without a grammar; the share is what the native mask and acceptance take of
both together. Putting the mask on the logits is not in it. Today's engine runs llama.cpp's grammar: the native mask comes
with the native engine, so its time is measured apart, on the outputs of the run.`;
}

await runCommand(main);
