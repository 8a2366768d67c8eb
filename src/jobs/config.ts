import { readFileSync } from "node:fs";
import { z } from "zod";
import { InputError, messageOf } from "../errors.js";
import { nearestName } from "../nearestName.js";
import { requirementOf } from "../strictOptions.js";

const quota = z.strictObject({
  rowQuota: z.int().min(1).describe("Largest number of rows in one job."),
  tokenQuota: z.int().min(1).describe("Largest number of input tokens in one job."),
});

/** The home's `config.json`: every field may be left out. */
const homeConfig = z.strictObject({
  /** By priority: interactive jobs, then production jobs. */
  quotas: z.tuple([quota, quota]).default([
    { rowQuota: 10_000_000, tokenQuota: 10_000_000_000 },
    { rowQuota: 1_000_000_000, tokenQuota: 1_000_000_000_000 },
  ]),
  /** How long a detached runner waits for another job before it ends. */
  runnerIdleMinutes: z.number().min(0).default(5),
  defaultModel: z.string().min(1).default("gpt-oss-20b"),
  /** "auto" takes the fastest engine that is there. */
  engine: z.string().min(1).default("auto"),
  /** For the planner: 0 lets it choose. */
  slots: z.int().min(0).default(0),
  threads: z.int().min(0).default(0),
  workers: z.int().min(0).default(0),
});

export type HomeConfig = Readonly<z.infer<typeof homeConfig>>;

/** Reads a home's settings; a missing file means all defaults.
 *  @throws {InputError} ROWMILL_BAD_CONFIG */
export function readConfig(path: string): HomeConfig {
  const found = homeConfig.safeParse(readJson(path));
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  throw new InputError("ROWMILL_BAD_CONFIG", `${path}: ${issue === undefined ? "invalid" : describeIssue(issue)}`, {
    cause: found.error,
  });
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new InputError("ROWMILL_BAD_CONFIG", `${path} can't be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError("ROWMILL_BAD_CONFIG", `${path} is no valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  if (issue.code !== "unrecognized_keys") {
    if (place === "" && issue.code === "invalid_type") return "the settings must be an object";
    return issue.path[0] === "quotas" && issue.path.length < 3
      ? `"quotas" needs two entries, one a priority, each {"rowQuota": …, "tokenQuota": …}`
      : `"${place.replace(/^\./, "")}" ${requirementOf(issue)}`;
  }
  const known = issue.path[0] === "quotas" ? Object.keys(quota.shape) : Object.keys(homeConfig.shape);
  const key = issue.keys[0] ?? "";
  const near = nearestName(key, known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean "${near}"?`;
  return `there is no setting "${`${place}.${key}`.replace(/^\./, "")}"; ${hint}`;
}
