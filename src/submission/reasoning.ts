import { InputError } from "../errors.js";
import { type NamedOption, naming, option } from "../optionNames.js";
import type { Reasoning } from "../prompt/index.js";
import { namingWarning, type Warn } from "./warnings.js";

/** A form of the output can't be held in the middle of a model's reasoning; free text can, and then reasoning is what comes.
 *  @param isConstrained the job's outputs have a form
 *  @throws {InputError} ROWMILL_OPEN_REASONING, with what to set */
export function checkReasoning(
  { warn }: { readonly warn: Warn },
  model: string,
  reasoning: Reasoning | null,
  isConstrained: boolean,
): void {
  if (reasoning === null) return;
  const { tag } = reasoning;
  const remedy = naming`set ${remedyOf(reasoning)} for answers alone`;
  if (tag === null) {
    const what = isConstrained
      ? "and the output's form leaves no room for that"
      : "and the reasoning becomes part of its output";
    warn(namingWarning("REASONING", naming`${model} may reason before it answers, ${what}: ${remedy}`));
    return;
  }
  const begins = `the chat template of ${model} ends in ${JSON.stringify(tag)}`;
  if (isConstrained)
    throw new InputError(
      "ROWMILL_OPEN_REASONING",
      naming`${begins}: the model would reason first, and an output's form can't begin in the middle of that: ${remedy}`,
    );
  warn(
    namingWarning(
      "REASONING",
      naming`${begins}: the model reasons first, and that becomes part of its output: ${remedy}`,
    ),
  );
}

function remedyOf({ remedy }: Reasoning): NamedOption {
  if ("answerPrefix" in remedy) return option("answerPrefix", remedy.answerPrefix);
  return option("templateArguments", remedy.templateArguments);
}
