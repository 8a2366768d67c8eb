import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError, messageOf } from "../errors.js";
import { parseExact } from "../exactNumbers.js";
import { isInlineJson, readJsonOption } from "./jsonInput.js";

const MODULES: ReadonlySet<string> = new Set([".mjs", ".js", ".cjs"]);
const TYPESCRIPT: ReadonlySet<string> = new Set([".ts", ".mts", ".cts", ".tsx"]);
const CODE = "ROWMILL_INVALID_SCHEMA";
const LIMIT_MS = 60_000;

/** The schema of an option: JSON, the path of a JSON file, or that of a module, which is run and whose default export it is.
 *  @param option as messages call it: `--schema`
 *  @param limitMs how long a module may take that waits for something
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA */
export async function readSchemaOption(option: string, given: string, limitMs: number = LIMIT_MS): Promise<unknown> {
  const ending = isInlineJson(given) ? "" : extname(given);
  if (TYPESCRIPT.has(ending))
    throw new InputError(
      CODE,
      `${option} ${given}: TypeScript is not taken, only JSON and modules (${[...MODULES].join(" ")}): compile it first`,
    );
  if (!MODULES.has(ending)) return readJsonOption(option, given, CODE, parseExact);
  let module: { readonly default?: unknown };
  try {
    module = await settled(import(pathToFileURL(resolve(given)).href), given, limitMs);
    // a promise is waited for
    if (module.default !== undefined) return await settled(Promise.resolve(module.default), given, limitMs);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(CODE, `${given} can't be run: ${messageOf(cause)}`, { cause });
  }
  throw new InputError(CODE, `${given} has no default export: it must be the schema`);
}

/** What a module's code promises, unless it never comes: when nothing is left that could bring it, or the time is over. */
async function settled<T>(promise: Promise<T>, given: string, limitMs: number): Promise<T> {
  let giveUp = (_reason: string): void => {};
  const never = new Promise<never>((_, reject) => {
    giveUp = (reason) => reject(new InputError(CODE, `${given} gives no schema: ${reason}`));
  });
  const whenIdle = () => giveUp("it waits for something that never comes (a promise that nothing settles)");
  const seconds = Math.round(limitMs / 1000);
  const timer = setTimeout(() => giveUp(`it has not come in ${seconds} seconds of waiting`), limitMs).unref();
  process.once("beforeExit", whenIdle);
  try {
    return await Promise.race([promise, never]);
  } finally {
    clearTimeout(timer);
    process.off("beforeExit", whenIdle);
  }
}
