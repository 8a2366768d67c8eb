import { shellWord } from "../commandLine.js";
import type { NamedOption } from "../optionNames.js";

/** The facade's options whose flags are not called as they are. */
export const FLAGS: Readonly<Record<string, string>> = {
  outputSchema: "--schema",
  outputGrammar: "--grammar",
  outputRegex: "--regex",
  outputChoices: "--choices",
  outputStyle: "--style",
  jobPriority: "--priority",
  systemPrompt: "--system",
  templateArguments: "--template-args",
  samplingParams: "--sampling",
};

/** The flag of an option of the facade. */
export function flagOf(option: string): string {
  if (Object.hasOwn(FLAGS, option)) return FLAGS[option] as string;
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An option as it is typed: `--csv-quotes relaxed`; one with a list is repeated. */
export function flagWords({ option, value, placeholder }: NamedOption): string {
  const flag = flagOf(option);
  if (placeholder !== undefined) return `${flag} ${placeholder}`;
  if (value === undefined || value === true) return flag;
  if (value === false) return flag.replace("--", "--no-");
  return [value]
    .flat()
    .map((one) => `${flag} ${shellWord(typed(option, one))}`)
    .join(" ");
}

/** What `--column` reads back. */
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\" };

function typed(option: string, value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return option === "column" ? value.replace(/[\n\t\r\\]/g, (letter) => ESCAPES[letter] as string) : value;
}
