import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError, messageOf } from "../errors.js";
import { isInlineJson, readJsonOption } from "./jsonInput.js";

const MODULES: ReadonlySet<string> = new Set([".mjs", ".js", ".cjs"]);
const TYPESCRIPT: ReadonlySet<string> = new Set([".ts", ".mts", ".cts", ".tsx"]);
const CODE = "ROWMILL_INVALID_SCHEMA";

/** The schema of an option: JSON, the path of a JSON file, or that of a module, which is run and whose default export it is.
 *  @param option as messages call it: `--schema`
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA */
export async function readSchemaOption(option: string, given: string): Promise<unknown> {
  const ending = isInlineJson(given) ? "" : extname(given);
  if (TYPESCRIPT.has(ending))
    throw new InputError(
      CODE,
      `${option} ${given}: TypeScript is not taken, only JSON and modules (${[...MODULES].join(" ")}): compile it first`,
    );
  if (!MODULES.has(ending)) return readJsonOption(option, given, CODE);
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(resolve(given)).href)) as { readonly default?: unknown };
  } catch (cause) {
    throw new InputError(CODE, `${given} can't be run: ${messageOf(cause)}`, { cause });
  }
  if (module.default === undefined) throw new InputError(CODE, `${given} has no default export: it must be the schema`);
  return module.default;
}
