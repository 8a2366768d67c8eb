import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rowmill, type RowmillOptions } from "rowmill";
import { afterAll, onTestFinished } from "vitest";
import { removeFolder } from "../removeFolder.js";

export { TICKET_PROMPT, TICKET_SCHEMA, tickets } from "../../bench/faults/tickets.js";

/** An empty folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-test-"));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** A silent Rowmill for all tests of a file, so that the model stays warm between them. */
export function sharedRowmill(options: RowmillOptions = {}): Rowmill {
  const home = mkdtempSync(join(tmpdir(), "rowmill-test-"));
  const mill = new Rowmill({ home, runner: "in-process", output: null, ...options });
  afterAll(async () => {
    await mill.close();
    removeFolder(home);
  });
  return mill;
}

/** A silent Rowmill with a home and a runner of its own in this process, closed with the test. */
export function openRowmill(options: RowmillOptions = {}): Rowmill {
  const mill = new Rowmill({ home: temporaryFolder(), runner: "in-process", output: null, ...options });
  onTestFinished(() => mill.close());
  return mill;
}
