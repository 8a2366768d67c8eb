import { existsSync } from "node:fs";
import { join } from "node:path";
import { leaseHolder, openHome } from "../src/jobs/index.js";

/** Ends the runner of a home, which would wait for more jobs; does not wait for its end.
 *  @param home a folder, in which there need not be a job yet */
export function endRunner(home: string): void {
  if (!existsSync(join(home, "catalog.db"))) return;
  using opened = openHome(home, { say: () => undefined });
  const holder = leaseHolder(opened.catalog);
  if (holder !== null) process.kill(holder.pid, "SIGTERM");
}
