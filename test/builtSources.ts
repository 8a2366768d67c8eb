import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Before the first test: makes dist/ and build/ what the sources say, however vitest was started. Tests run what is built;
 *  where the sources don't compile the run ends here, with a line. */
export default function setUp({ vitest }: TestProject): (() => void) | undefined {
  for (const script of ["buildSources.mjs", "buildAddon.mjs"]) {
    const { status } = spawnSync(process.execPath, [join(root, "scripts", script)], { cwd: root, stdio: "inherit" });
    if (status === 0) continue;
    console.error(`no test was run: scripts/${script} failed, and the build is older than the sources`);
    process.exit(1);
  }
  const isWhole = vitest.projects.some(({ name }) => name === "long");
  return isWhole ? undefined : () => console.log("Not run: the files of LONG in vitest.config.ts (npm run test:all)");
}
