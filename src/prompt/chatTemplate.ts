import { Template } from "@huggingface/jinja";
import { InputError, messageOf } from "../errors.js";

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

/** A rendered chat, cut where the row's text goes. */
export interface ChatFrame {
  readonly prefix: string;
  readonly suffix: string;
  /** The template trims white space around a message, so the row's text is to be trimmed as well. */
  readonly trimsRow: boolean;
}

export interface ChatModel {
  /** Jinja source; null where the model brings none: then the prompt is plain text. */
  readonly chatTemplate: string | null;
  readonly bosText: string | null;
  readonly eosText: string | null;
}

/** Renders the model's own chat template around a row's text, as its authors define it (Hugging Face's
 *  `apply_chat_template` with `add_generation_prompt`).
 *  @throws {InputError} ROWMILL_CHAT_TEMPLATE when the template can't be rendered */
export function renderChat(model: ChatModel, format: ChatFormat): ChatFrame {
  const { systemPrompt, templateArguments } = format;
  const answerPrefix = format.answerPrefix ?? "";
  if (model.chatTemplate === null) {
    return {
      prefix: systemPrompt === null ? "" : `${systemPrompt}\n\n`,
      suffix: `\n\n${answerPrefix}`,
      trimsRow: false,
    };
  }
  const template = parseTemplate(model.chatTemplate);
  const render = (user: string): string => {
    const variables = {
      bos_token: model.bosText ?? "",
      eos_token: model.eosText ?? "",
      add_generation_prompt: true,
      ...templateArguments,
    };
    const userMessage = { role: "user", content: user };
    if (systemPrompt === null) return template.render({ ...variables, messages: [userMessage] });
    const messages = [{ role: "system", content: systemPrompt }, userMessage];
    try {
      const text = template.render({ ...variables, messages });
      if (text.includes(systemPrompt.trim())) return text;
    } catch {
      // templates of models without a system role raise an exception
    }
    return template.render({
      ...variables,
      messages: [{ role: "user", content: `${systemPrompt}\n\n${user}` }],
    });
  };
  try {
    const spaced = render(` ${MARK} `);
    const trimsRow = !spaced.includes(` ${MARK}`) || !spaced.includes(`${MARK} `);
    const [prefix, suffix, ...rest] = render(MARK).split(MARK);
    if (prefix === undefined || suffix === undefined || rest.length > 0)
      throw new Error("it does not show the user's message exactly once");
    return { prefix, suffix: suffix + answerPrefix, trimsRow };
  } catch (cause) {
    throw new InputError("ROWMILL_CHAT_TEMPLATE", `the model's chat template can't be used: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function parseTemplate(source: string): Template {
  try {
    return new Template(source);
  } catch (cause) {
    throw new InputError("ROWMILL_CHAT_TEMPLATE", `the model's chat template can't be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}
