import { visibleText } from "./foreignText.js";

/** An option of the facade that a message names, and what to give it where the message says. */
export interface NamedOption {
  /** As the facade calls it. */
  readonly option: string;
  readonly value?: unknown;
  /** What stands for a value that is the reader's to choose: "NAME". */
  readonly placeholder?: string;
}

/** A text for a person with the options that it names, for which each door has words of its own. */
export type NamingText = readonly (string | NamedOption)[];

/** How a door writes an option. */
export type OptionWords = (named: NamedOption) => string;

export function option(name: string, value?: unknown): NamedOption {
  return value === undefined ? { option: name } : { option: name, value };
}

/** An option that is missing, and a word for what it takes. */
export function missingOption(name: string, placeholder: string): NamedOption {
  return { option: name, placeholder };
}

/** A text that names options: `` naming`leave the option ${option("column")} out` ``. The words "the option" are a program's: other
 *  doors say what can be seen to be an option. */
export function naming(
  strings: TemplateStringsArray,
  ...parts: readonly (string | number | NamedOption | NamingText)[]
): NamingText {
  const message: (string | NamedOption)[] = [];
  const add = (part: string | NamedOption): void => {
    if (part === "") return;
    const last = message.at(-1) ?? "";
    if (typeof part === "string" && typeof last === "string") message.splice(-1, 1, last + part);
    else message.push(part);
  };
  strings.forEach((text, at) => {
    add(text);
    const part = parts[at] ?? "";
    if (isText(part)) part.forEach(add);
    else add(typeof part === "number" ? String(part) : part);
  });
  return message;
}

/** The options that a message names, in its order. */
export function optionsIn(message: string | NamingText): NamedOption[] {
  return isText(message) ? message.filter((part) => typeof part !== "string") : [];
}

/** A message as a program reads it: `csvQuotes: "relaxed"`. */
export function programText(message: string | NamingText): string {
  if (!isText(message)) return message;
  return message.map((part) => (typeof part === "string" ? part : programWords(part))).join("");
}

/** A message in the words of a door. */
export function textIn(words: OptionWords, message: string | NamingText): string {
  if (!isText(message)) return message;
  const said = message.map((part, at): string => {
    if (typeof part !== "string") return words(part);
    return typeof message[at + 1] === "object" ? part.replace(/\b(?:the )?option $/, "") : part;
  });
  return said.join("");
}

function programWords({ option: name, value }: NamedOption): string {
  return value === undefined ? name : `${name}: ${visibleText(JSON.stringify(value))}`;
}

function isText(message: string | number | NamedOption | NamingText): message is NamingText {
  return Array.isArray(message);
}
