import { realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";

/** A job of hours must not end in a file that can't be written.
 *  @throws {InputError} ROWMILL_UNKNOWN_FORMAT for an ending that says no format, ROWMILL_NOT_WRITABLE */
export async function checkOutputPath(path: string): Promise<void> {
  // loaded only here, so that help and mistakes in options are quick
  const { Rowmill } = await import("../rowmill.js");
  await Rowmill.checkResultPath(path);
}

/** The source must outlive its job.
 *  @throws {InputError} ROWMILL_BAD_OUTPUT when the output would replace the source, or a file of its glob */
export async function checkOutputIsNoSource(output: string, source: string): Promise<void> {
  const target = statSync(output, { throwIfNoEntry: false }) && realpathSync.native(output);
  if (target === undefined) return;
  const isTarget = (path: string): boolean =>
    statSync(path, { throwIfNoEntry: false }) !== undefined && realpathSync.native(path) === target;
  if (!(await filesOf(source)).some(isTarget)) return;
  throw new InputError(
    "ROWMILL_BAD_OUTPUT",
    `--output ${output} would replace the source${output === source ? "" : ` ${source}`}: give it another name`,
  );
}

async function filesOf(source: string): Promise<string[]> {
  const path = source.startsWith("file:") && URL.canParse(source) ? fileURLToPath(source) : source;
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return [path];
  const { glob } = await import("tinyglobby");
  return await glob(path, { onlyFiles: true, expandDirectories: false });
}
