import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError, messageOf } from "../../src/errors.js";

/** A Python with the peers' wheels, in a virtual environment of its own: made at first use, with the user's pip and its
 *  settings. @returns the program's path
 *  @throws {InputError} ROWMILL_NO_PEERS without Python, or when pip can't install the wheels */
export function preparePython(requirements: string, folder: string, onLine: (line: string) => void): string {
  const windows = process.platform === "win32";
  const python = join(folder, windows ? "Scripts/python.exe" : "bin/python");
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  try {
    if (!existsSync(python)) run(windows ? "python" : "python3", "-m", "venv", folder);
    onLine(`peers: bench/schema/requirements.txt, installed with pip into ${folder}`);
    run(python, "-m", "pip", "install", "--quiet", "-r", requirements);
    return python;
  } catch (cause) {
    const last = messageOf(cause).trim().split("\n").at(-1);
    throw new InputError(
      "ROWMILL_NO_PEERS",
      `Python with the peers' wheels can't be set up (${last}): install bench/schema/requirements.txt and name it with --python PATH`,
      { cause },
    );
  }
}
