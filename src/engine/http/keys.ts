import { readFileSync, statSync } from "node:fs";
import { InputError, messageOf } from "../../errors.js";
import type { Endpoint } from "./endpoint.js";

/** The endpoint's key, read where this process finds it; null where it wants none.
 *  @throws {InputError} ROWMILL_NO_KEY, which says the place and never the key */
export function readKey({ name, key }: Pick<Endpoint, "name" | "key">, environment = process.env): string | null {
  if (key === null) return null;
  return "variable" in key ? fromVariable(name, key.variable, environment) : fromFile(name, key.file);
}

function fromVariable(name: string, variable: string, environment: NodeJS.ProcessEnv): string {
  const found = environment[variable]?.trim() ?? "";
  if (found !== "") return found;
  throw noKey(
    `the key of the endpoint ${name} is to be in the environment's ${variable}, and process ${process.pid} has no such variable: set it, and where a runner was started without it end that first`,
  );
}

function fromFile(name: string, file: string): string {
  let found: string;
  try {
    // who else may read it has the key as well
    if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0)
      throw noKey(`the key of the endpoint ${name} is in ${file}, which others may read: chmod 600 ${file}`);
    found = readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw noKey(`the key of the endpoint ${name} can't be read: ${messageOf(error)}`);
  }
  if (found === "" || /\s/.test(found)) throw noKey(`${file} does not hold one key of the endpoint ${name}`);
  return found;
}

function noKey(message: string): InputError {
  return new InputError("ROWMILL_NO_KEY", message);
}
