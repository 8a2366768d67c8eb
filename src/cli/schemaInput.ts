import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError, messageOf } from "../errors.js";
import { parseExact } from "../exactNumbers.js";
import { isInlineJson, readJsonOption } from "./jsonInput.js";
import { guardLoops, type LoopGuard } from "./loopGuard.js";

const MODULES: ReadonlySet<string> = new Set([".mjs", ".js", ".cjs"]);
const TYPESCRIPT: ReadonlySet<string> = new Set([".ts", ".mts", ".cts", ".tsx"]);
const CODE = "ROWMILL_INVALID_SCHEMA";
const LIMIT_MS = 60_000;

/** How long a module may wait for something, and how long it may compute at a stretch. */
interface Limits {
  readonly waitMs: number;
  readonly computeMs: number;
}

/** The schema of an option: JSON, the path of a JSON file, or that of a module, which is run and whose default export it is.
 *  @param option as messages call it: `--schema`
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA */
export async function readSchemaOption(
  option: string,
  given: string,
  { waitMs = LIMIT_MS, computeMs = LIMIT_MS }: Partial<Limits> = {},
): Promise<unknown> {
  const ending = isInlineJson(given) ? "" : extname(given);
  if (TYPESCRIPT.has(ending))
    throw new InputError(
      CODE,
      `${option} ${given}: TypeScript is not taken, only JSON and modules (${[...MODULES].join(" ")}): compile it first`,
    );
  if (!MODULES.has(ending)) return readJsonOption(option, given, CODE, parseExact);
  // loaded only here, so that help and mistakes in options are quick
  const { Rowmill } = await import("../rowmill.js");
  // what this loads is not the module's, and is not to be stopped
  await Rowmill.requireReadableSchema(true);
  await using guard = guardLoops(computeMs);
  const settled = <T>(promise: Promise<T>): Promise<T> => settledWithin(promise, guard, given, { waitMs, computeMs });
  let schema: unknown;
  try {
    const module: { readonly default?: unknown } = await settled(import(pathToFileURL(resolve(given)).href));
    // a promise is waited for
    schema = module.default === undefined ? undefined : await settled(Promise.resolve(module.default));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(CODE, `${given} can't be run: ${messageOf(cause)}`, { cause });
  }
  if (schema === undefined) throw new InputError(CODE, `${given} has no default export: it must be the schema`);
  // its getters and functions are the module's code as well
  await settled(Rowmill.requireReadableSchema(schema));
  return schema;
}

/** What a module's code promises, unless it never comes: when nothing is left that could bring it, the time is over, or the code
 *  was stopped. */
async function settledWithin<T>(promise: Promise<T>, guard: LoopGuard, given: string, limits: Limits): Promise<T> {
  let giveUp = (_reason: string): void => {};
  const never = new Promise<never>((_, reject) => {
    giveUp = (reason) => reject(new InputError(CODE, `${given} gives no schema: ${reason}`));
  });
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} seconds`;
  const loops = () => giveUp(`its code does not end (a loop): it was stopped after ${seconds(limits.computeMs)}`);
  const waits = () => giveUp("it waits for something that never comes (a promise that nothing settles)");
  const late = () => giveUp(`it has not come in ${seconds(limits.waitMs)} of waiting`);
  void guard.stopped.then(loops);
  const whenIdle = () => (guard.hasStopped() ? loops() : waits());
  const timer = setTimeout(late, limits.waitMs).unref();
  process.once("beforeExit", whenIdle);
  try {
    return await Promise.race([promise, never]);
  } finally {
    clearTimeout(timer);
    process.off("beforeExit", whenIdle);
  }
}
