import { InputError, messageOf, RowmillError } from "../errors.js";

/** The one clear line for whatever goes wrong while a file is read; errors that are clear already stay as they are. */
export function unreadable(path: string, error: unknown): Error {
  if (error instanceof RowmillError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const say = (reason: string) => new InputError("ROWMILL_UNREADABLE", `${path} ${reason}`, { cause: error });
  if (code === "ENOENT") return new InputError("ROWMILL_NO_SUCH_FILE", `There is no file ${path}.`, { cause: error });
  if (code === "EACCES" || code === "EPERM")
    return say("can't be read: permission denied. Make it readable for this user.");
  if (code === "EISDIR") return say(`is a folder. Name a file in it, or a glob such as "${path}/*.csv".`);
  if (code.startsWith("Z_")) return say(`is not a whole gzip file (${messageOf(error)}). Compress it again.`);
  return say(`can't be read: ${messageOf(error)}.`);
}
