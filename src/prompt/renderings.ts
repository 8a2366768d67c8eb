import { Template } from "@huggingface/jinja";
import { messageOf } from "../errors.js";
import type { Rendering, TemplateTask } from "./renderTemplate.js";

/** Renders each of the variables' sets, or says why it can't be. */
export function makeRenderings({ source, variables, mostCharacters }: TemplateTask): Rendering[] {
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    const unreadable = { error: reasonOf(error), isUnreadable: true };
    return variables.map(() => unreadable);
  }
  return variables.map((set) => {
    try {
      const text = template.render({ ...set });
      return text.length > mostCharacters
        ? { error: `it makes a text of ${text.length} characters`, isUnreadable: false }
        : { text };
    } catch (error) {
      return { error: reasonOf(error), isUnreadable: false };
    }
  });
}

function reasonOf(error: unknown): string {
  return messageOf(error).slice(0, 500);
}
