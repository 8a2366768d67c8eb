import { InputError } from "../errors.js";
import type { Reasoning } from "../prompt/index.js";

/** A form of the output can't be held in the middle of a model's reasoning; free text can, and then reasoning is what comes.
 *  @param isConstrained the job's outputs have a form
 *  @throws {InputError} ROWMILL_OPEN_REASONING, with what to set */
export function checkReasoning(
  { warn }: { readonly warn: (line: string) => void },
  model: string,
  reasoning: Reasoning | null,
  isConstrained: boolean,
): void {
  if (reasoning === null) return;
  const { tag } = reasoning;
  const remedy = remedyOf(reasoning);
  if (tag === null) {
    warn(
      `${model} may reason before it answers, ${isConstrained ? "and the output's form leaves no room for that" : "and the reasoning becomes part of its output"}: ${remedy}`,
    );
    return;
  }
  const begins = `the chat template of ${model} ends in ${JSON.stringify(tag)}`;
  if (isConstrained)
    throw new InputError(
      "ROWMILL_OPEN_REASONING",
      `${begins}: the model would reason first, and an output's form can't begin in the middle of that: ${remedy}`,
    );
  warn(`${begins}: the model reasons first, and that becomes part of its output: ${remedy}`);
}

function remedyOf({ remedy }: Reasoning): string {
  if ("answerPrefix" in remedy)
    return `set the option answerPrefix (--answer-prefix '${remedy.answerPrefix}') for answers alone`;
  return `set the option templateArguments (--template-args '${JSON.stringify(remedy.templateArguments)}') for answers alone`;
}
