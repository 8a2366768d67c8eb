import { Template } from "@huggingface/jinja";
import type { Rendering, TemplateTask } from "./renderTemplate.js";

/** Renders each of the variables' sets, or says why it can't be. */
export function makeRenderings({ source, variables, mostCharacters }: TemplateTask): Rendering[] {
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    const unreadable = { error: messageOf(error), isUnreadable: true };
    return variables.map(() => unreadable);
  }
  return variables.map((set) => {
    try {
      const text = template.render({ ...set });
      return text.length > mostCharacters
        ? { error: `it makes a text of ${text.length} characters`, isUnreadable: false }
        : { text };
    } catch (error) {
      return { error: messageOf(error), isUnreadable: false };
    }
  });
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
