import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { builtUrl } from "../builtUrl.js";

/** Runs programs in processes of their own, which have no TypeScript.
 *  @returns a function that runs a program, the body of a module whose imports of "src/…" are the built sources; resolves to
 *    what it printed as JSON. `limits` stands before it in the shell: "ulimit -f 100" */
export function compiledSources(): (program: string, limits?: string) => Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-data-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return async (program, limits = "true") => {
    const script = join(folder, "program.mjs");
    writeFileSync(script, program.replaceAll('"src/', `"${builtUrl("")}`));
    return await new Promise((resolve, reject) => {
      execFile("bash", ["-c", `${limits} && exec "$0" "$1"`, process.execPath, script], (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`the program failed: ${stderr}`, { cause: error }));
        else resolve(JSON.parse(stdout));
      });
    });
  };
}
