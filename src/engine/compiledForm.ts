import type { CompiledOutput, OutputForm } from "../output/index.js";

const compiled = new WeakMap<OutputForm, Promise<CompiledOutput>>();

/** A job's form made ready, once for all in a row's way who need a part of it. Zod and Ajv are loaded with the first: that costs
 *  0.2 s of CPU, which a job without a form need not pay.
 *  @throws {InputError} for whatever is wrong with the form, in one line */
export function compiledForm(form: OutputForm): Promise<CompiledOutput> {
  const known = compiled.get(form);
  if (known !== undefined) return known;
  const made = import("../output/index.js").then(({ compileOutput }) => compileOutput(form));
  compiled.set(form, made);
  return made;
}
