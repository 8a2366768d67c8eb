import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, messageOf } from "../../src/errors.js";
import type { PeerName } from "./peers.js";

/** The wheels that some peers need, with their versions: torch is xgrammar's alone.
 *  @param requirements  path of requirements.txt */
export function wheelsOf(requirements: string, peers: readonly PeerName[]): readonly string[] {
  const lines = readFileSync(requirements, "utf8").split(/\r?\n/);
  const wheels = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return wheels.filter((wheel) => peers.includes(wheel.startsWith("llguidance") ? "llguidance" : "xgrammar"));
}

/** A Python with the peers' wheels, in a virtual environment of its own: made at first use, with the user's pip and its
 *  settings. @returns the program's path
 *  @throws {InputError} ROWMILL_NO_PEERS without Python, or when pip can't install the wheels */
export function preparePython(wheels: readonly string[], folder: string, onLine: (line: string) => void): string {
  const windows = process.platform === "win32";
  const python = join(folder, windows ? "Scripts/python.exe" : "bin/python");
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  try {
    if (!existsSync(python)) run(windows ? "python" : "python3", "-m", "venv", folder);
    onLine(`peers: ${wheels.join(", ")}, installed with pip into ${folder}`);
    run(python, "-m", "pip", "install", "--quiet", ...wheels);
    return python;
  } catch (cause) {
    const last = messageOf(cause).trim().split("\n").at(-1);
    throw new InputError(
      "ROWMILL_NO_PEERS",
      `Python with ${wheels.join(", ")} can't be set up (${last}): install that elsewhere and name it with --python PATH`,
      { cause },
    );
  }
}
