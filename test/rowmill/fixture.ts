import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rowmill, type RowmillOptions } from "rowmill";
import { afterAll, onTestFinished } from "vitest";
import { removeFolder } from "../removeFolder.js";

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

export const TICKET_PROMPT =
  "Classify the support ticket. topic is one of billing, shipping, returns, technical, account, other; urgency is low, medium or high.";

export const TICKET_SCHEMA = {
  type: "object",
  properties: {
    topic: { enum: ["billing", "shipping", "returns", "technical", "account", "other"] },
    urgency: { enum: ["low", "medium", "high"] },
  },
  required: ["topic", "urgency"],
};

const COMPLAINTS = [
  "The parcel was supposed to be here on Monday and the tracking page is empty.",
  "I was charged twice for the same invoice, please give one of them back.",
  "The app closes itself whenever I open the settings.",
  "How do I send these shoes back? They are too small.",
  "I can't log in any more, the reset mail never comes.",
  "Do you have a shop in Lyon?",
];

/** So many different tickets. */
export function tickets(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${COMPLAINTS[at % COMPLAINTS.length]} (${at})`);
}
