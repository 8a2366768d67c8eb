import { realpathSync, statSync } from "node:fs";
import { InputError } from "../errors.js";
import { type NamingText, naming, option } from "../optionNames.js";

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const TRUST = "ROWMILL_TRUST_HOME";

/** Refuses a folder of the home that belongs to another user or that others may write: who can write it can have this user's
 *  process read, write and load what they like.
 *
 *  Root is no exception: it would leave files in a user's home that the user can't open. A group may write if it is the
 *  user's own, which by convention has the user's number. ROWMILL_TRUST_HOME=1 says that everybody who can write it is trusted: for
 *  file systems without owners, and containers whose user is another than the folder's.
 *  @throws {InputError} ROWMILL_HOME_NOT_PRIVATE */
export function checkOwner(folder: string): void {
  const user = process.geteuid?.();
  // Windows has no such bits
  if (user === undefined || process.env[TRUST] === "1") return;
  const path = realpathSync(folder);
  const { uid, gid, mode } = statSync(path);
  if (uid !== user) {
    const asOwner = uid === 0 ? "run it as root" : `run it as user ${uid}`;
    throw notPrivate(
      folder,
      `belongs to user ${uid}, and this is user ${user}`,
      naming`${asOwner}, choose another home with the option ${option("home")} or ROWMILL_HOME, or make it this user's: chown -R ${user} ${path}`,
    );
  }
  const isOwnGroup = gid === user && gid === process.getegid?.();
  const writers =
    (mode & OTHERS_WRITE) !== 0 ? "everybody" : (mode & GROUP_WRITES) !== 0 && !isOwnGroup ? `group ${gid}` : null;
  if (writers !== null) throw notPrivate(folder, `may be written by ${writers}`, `chmod go-w ${path}`);
}

function notPrivate(folder: string, what: string, mend: string | NamingText): InputError {
  return new InputError(
    "ROWMILL_HOME_NOT_PRIVATE",
    naming`the home's folder ${folder} ${what}: ${mend}; where all who can write it are trusted, set ${TRUST}=1`,
  );
}
