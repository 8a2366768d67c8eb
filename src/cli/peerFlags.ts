import { ownProgram, shellWord } from "../commandLine.js";

type Advice = (value: string | undefined) => string;

const sampling =
  (parameter: string, example: string): Advice =>
  (value = example) =>
    `sampling parameters are one option: --sampling ${shellWord(`{"${parameter}": ${isJson(value) ? value : JSON.stringify(value)}}`)}`;
const flag =
  (name: string, what: string): Advice =>
  (value) =>
    `${what}: ${name}${value === undefined ? "" : ` ${shellWord(value)}`}`;
const nothing =
  (why: string): Advice =>
  () =>
    why;

const maxTokens = sampling("maxTokens", "256");
const slots = flag("--slots", "rows that a worker has at a time, which the planner chooses by itself");
const context = nothing("nothing is to be set: a slot is as long as the longest row needs, up to the model's context");
const endpoint = nothing("a server is the model: --model http://HOST:8000/v1#NAME");
const gpu = nothing(
  `nothing is to be set: a GPU that holds the model is used; \`${ownProgram().join(" ")} doctor\` says which there is and why not another`,
);

/** What other programs that run models call things (vLLM, llama.cpp, transformers, OpenAI's and Ollama's tools), and what to use
 *  here. */
export const PEER_FLAGS: readonly (readonly [names: readonly string[], advice: Advice])[] = [
  [["--max-tokens", "--max-new-tokens", "--max-completion-tokens", "--max-output-tokens"], maxTokens],
  [["--n-predict", "--num-predict"], maxTokens],
  [["--temperature", "--temp"], sampling("temperature", "0.7")],
  [["--top-p"], sampling("topP", "0.9")],
  [["--top-k"], sampling("topK", "40")],
  [["--min-p"], sampling("minP", "0.05")],
  [["--seed"], sampling("seed", "1")],
  [["--stop", "--stop-sequences"], sampling("stop", "END")],
  [["--logprobs"], nothing(`sampling parameters are one option: --sampling '{"logprobs": true}'`)],
  [["--presence-penalty"], sampling("presencePenalty", "0.5")],
  [["--frequency-penalty"], sampling("frequencyPenalty", "0.5")],
  [["--repetition-penalty", "--repeat-penalty"], sampling("repetitionPenalty", "1.1")],
  [["--batch-size", "--parallel", "--max-num-seqs", "--concurrency", "--n-parallel"], slots],
  [["--num-workers"], flag("--workers", "how many workers, which the planner chooses by itself")],
  [["--n-threads", "--num-threads"], flag("--threads", "compute threads of a worker")],
  [["--ctx-size", "--context-length", "--max-model-len", "--n-ctx", "--num-ctx"], context],
  [["--gpu-layers", "--n-gpu-layers", "--num-gpu", "--device", "--gpu-memory-utilization"], gpu],
  [["--base-url", "--api-base", "--endpoint", "--host"], endpoint],
  [
    ["--api-key", "--key"],
    nothing("a key's place stands in config.json (endpoints: key or keyFile), never the key itself in a command"),
  ],
  [
    ["--budget", "--max-budget"],
    nothing("--max-cost bounds what an endpoint costs, --max-total-tokens any job's tokens"),
  ],
  [["--system-prompt"], flag("--system", "the task")],
  [["--prompt"], flag("--system", "the task, the same for every row")],
  [["--input", "--input-file"], nothing("the source is given without a flag: infer FILE")],
  [["--output-file"], flag("--output", "the file of the results")],
  [["--json-schema", "--output-schema", "--response-format"], flag("--schema", "what every output obeys")],
];

/** What to use instead of a flag that another program has; null for one that none has.
 *  @param words the command line, for the flag's value */
export function peerAdvice(unknown: string, words: readonly string[]): string | null {
  const [name = "", attached] = splitFlag(unknown);
  const advice = PEER_FLAGS.find(([names]) => names.includes(name))?.[1];
  if (advice === undefined) return null;
  const at = words.findIndex((word) => splitFlag(word)[0] === name);
  const next = words[at + 1];
  return advice(attached ?? splitFlag(words[at] ?? "")[1] ?? (next?.startsWith("--") ? undefined : next));
}

function splitFlag(word: string): [name: string, value: string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function isJson(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}
