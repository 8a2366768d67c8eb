import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Before the first test: makes dist/ and build/ what the sources say, however vitest was started. Tests run what is built.
 *  @throws {Error} where the sources don't compile */
export default function setUp(): void {
  for (const script of ["buildSources.mjs", "buildAddon.mjs"]) {
    const { status } = spawnSync(process.execPath, [join(root, "scripts", script)], { cwd: root, stdio: "inherit" });
    if (status !== 0)
      throw new Error(`no test was run: scripts/${script} failed, and the build is older than the sources`);
  }
}
