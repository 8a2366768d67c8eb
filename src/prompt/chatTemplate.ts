import { InputError, messageOf } from "../errors.js";
import { findOpenReasoning } from "./openReasoning.js";
import { type Rendering, renderTemplate, type TemplateTask } from "./renderTemplate.js";

/** How a job's chat looks, besides the row. */
export interface ChatFormat {
  readonly systemPrompt: string | null;
  /** Further variables of the template, e.g. `enable_thinking`. */
  readonly templateArguments: Readonly<Record<string, unknown>>;
  /** Text that the answer begins with, after the template's own beginning. */
  readonly answerPrefix: string | null;
}

/** Where the row's text stands while the template is rendered; no template and no system prompt contains it. */
const MARK = "\u{F0000}row\u{F0001}";

/** What a template may add to the system prompt, and how often it may show that. */
const MOST_OWN_CHARACTERS = 1 << 20;
const MOST_SHOWN = 4;

/** A rendered chat, cut where the row's text goes. */
export interface ChatFrame {
  readonly prefix: string;
  readonly suffix: string;
  /** The template trims white space around a message, so the row's text is to be trimmed as well. */
  readonly trimsRow: boolean;
}

/** What a model does before it answers, as its template tells. */
export interface Reasoning {
  /** The reasoning that the chat leaves open, as the template writes it: `<think>`; `null` where the model begins it by itself. */
  readonly tag: string | null;
  /** What switches it off: variables of the template, else text that the answer is to begin with. */
  readonly remedy:
    | { readonly templateArguments: Readonly<Record<string, unknown>> }
    | { readonly answerPrefix: string };
}

/** A frame, and what is to be said of it. */
export interface RenderedChat {
  readonly frame: ChatFrame;
  /** `null` where an answer begins at once. */
  readonly reasoning: Reasoning | null;
}

export interface ChatModel {
  /** Jinja source; null where the model brings none: then the prompt is plain text. */
  readonly chatTemplate: string | null;
  readonly bosText: string | null;
  readonly eosText: string | null;
}

/** The variables by which published templates switch reasoning off. */
const SWITCHES: readonly (readonly [string, unknown])[] = [
  ["enable_thinking", false],
  ["thinking", false],
  ["reasoning", false],
  ["enable_reasoning", false],
  ["reasoning_effort", "none"],
  ["thinking_budget", 0],
];

/** Renders the model's own chat template around a row's text, as its authors define it (Hugging Face's
 *  `apply_chat_template` with `add_generation_prompt`), in a process of its own.
 *  @throws {InputError} ROWMILL_CHAT_TEMPLATE when the template can't be rendered, or takes too much time or memory */
export async function renderChat(model: ChatModel, format: ChatFormat): Promise<RenderedChat> {
  const task = chatTask(model, format);
  if (task === null) return plainChat(format);
  try {
    return readChat(task, await renderTemplate(task), format);
  } catch (cause) {
    throw cause instanceof InputError ? cause : unusable(messageOf(cause), cause);
  }
}

/** What is to be rendered, in one go for all that is asked of the template; `null` for a model without one. */
export function chatTask(model: ChatModel, format: ChatFormat): TemplateTask | null {
  const source = model.chatTemplate;
  if (source === null) return null;
  const sets = [{}, ...switchesOf(source).map(([name, value]) => ({ [name]: value }))];
  return {
    source,
    variables: sets.flatMap((set) => variablesOf(model, format, set)),
    mostCharacters: MOST_OWN_CHARACTERS + MOST_SHOWN * (format.systemPrompt?.length ?? 0),
  };
}

/** @returns the chat as the renderings of its task show it
 *  @throws {InputError} ROWMILL_CHAT_TEMPLATE */
export function readChat({ source }: TemplateTask, renderings: readonly Rendering[], format: ChatFormat): RenderedChat {
  const answerPrefix = format.answerPrefix ?? "";
  const frameOf = (set: number): ChatFrame =>
    cutFrame(renderings.slice(set * KINDS, (set + 1) * KINDS), format.systemPrompt);
  const plain = frameOf(0);
  const frame = { ...plain, suffix: plain.suffix + answerPrefix };
  const open = findOpenReasoning(frame.suffix, source);
  // whoever has chosen how the answer begins, or the switch itself, has chosen
  if (open === null && answerPrefix !== "") return { frame, reasoning: null };
  for (const [at, [name, value]] of switchesOf(source).entries()) {
    if (open === null && Object.hasOwn(format.templateArguments, name)) continue;
    const switched = frameOrNull(() => frameOf(at + 1));
    if (switched === null || isSame(switched, plain)) continue;
    if (findOpenReasoning(switched.suffix + answerPrefix, source) !== null) continue;
    return { frame, reasoning: { tag: open?.tag ?? null, remedy: { templateArguments: { [name]: value } } } };
  }
  return { frame, reasoning: open === null ? null : { tag: open.tag, remedy: { answerPrefix: open.closing } } };
}

/** Of a model without a template. */
export function plainChat({ systemPrompt, answerPrefix }: ChatFormat): RenderedChat {
  const prefix = systemPrompt === null ? "" : `${systemPrompt}\n\n`;
  return { frame: { prefix, suffix: `\n\n${answerPrefix ?? ""}`, trimsRow: false }, reasoning: null };
}

function switchesOf(source: string): (readonly [string, unknown])[] {
  return SWITCHES.filter(([name]) => new RegExp(`\\b${name}\\b`).test(source));
}

/** Renderings of one set of variables: with the system prompt as a message, or before the row; each with and without spaces
 *  around the row. */
const KINDS = 4;

function variablesOf(model: ChatModel, { systemPrompt, templateArguments }: ChatFormat, set: object) {
  const rows = [MARK, ` ${MARK} `];
  const user = (content: string) => ({ role: "user", content });
  const system = systemPrompt === null ? [] : [{ role: "system", content: systemPrompt }];
  const before = systemPrompt === null ? "" : `${systemPrompt}\n\n`;
  const chats = [...rows.map((row) => [...system, user(row)]), ...rows.map((row) => [user(before + row)])];
  return chats.map((messages) => ({
    bos_token: model.bosText ?? "",
    eos_token: model.eosText ?? "",
    add_generation_prompt: true,
    ...templateArguments,
    ...set,
    messages,
  }));
}

/** Templates of models without a system role raise an exception over one, or leave it out. */
function cutFrame(
  [bare, spaced, bareBefore, spacedBefore]: readonly Rendering[],
  systemPrompt: string | null,
): ChatFrame {
  const shows = (rendering: Rendering | undefined): boolean =>
    rendering !== undefined && "text" in rendering && rendering.text.includes(systemPrompt?.trim() ?? "");
  const withSpaces = textOf(shows(spaced) ? spaced : spacedBefore);
  const text = textOf(shows(bare) ? bare : bareBefore);
  const [prefix, suffix, ...rest] = text.split(MARK);
  if (prefix === undefined || suffix === undefined || rest.length > 0)
    throw unusable("it does not show the user's message exactly once");
  return { prefix, suffix, trimsRow: !withSpaces.includes(` ${MARK}`) || !withSpaces.includes(`${MARK} `) };
}

function frameOrNull(cut: () => ChatFrame): ChatFrame | null {
  try {
    return cut();
  } catch {
    return null; // what a switch does to it is no fault of the job's
  }
}

function isSame(one: ChatFrame, other: ChatFrame): boolean {
  return one.prefix === other.prefix && one.suffix === other.suffix;
}

function textOf(rendering: Rendering | undefined): string {
  if (rendering === undefined) throw unusable("it was not rendered");
  if ("text" in rendering) return rendering.text;
  if (rendering.isUnreadable)
    throw new InputError("ROWMILL_CHAT_TEMPLATE", `the model's chat template can't be read: ${rendering.error}`);
  throw unusable(rendering.error);
}

function unusable(why: string, cause?: unknown): InputError {
  return new InputError("ROWMILL_CHAT_TEMPLATE", `the model's chat template can't be used: ${why}`, { cause });
}
