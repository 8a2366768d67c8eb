import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { InputError, messageOf } from "../errors.js";
import { nearestName } from "../nearestName.js";
import { requirementOf } from "../strictOptions.js";

const quota = z.strictObject({
  rowQuota: z.int().min(1).describe("Largest number of rows in one job."),
  tokenQuota: z.int().min(1).describe("Largest number of input tokens in one job."),
});

const limits = z.strictObject({
  /** At a time, to each address; null for as many as make it faster. */
  requests: z.int().min(1).max(4096).nullable().default(null),
  /** Of one request. */
  timeoutSeconds: z.number().positive().max(86_400).default(600),
  /** Of prompt and output together; null where the server says it. */
  contextTokens: z.int().min(1).nullable().default(null),
});
/** Servers that speak OpenAI's chat completions; a job names one as its model. A key itself never stands here. */
const endpoint = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be letters, digits, '.', '_' and '-'"),
  urls: z.array(z.string().min(1)).min(1),
  /** As the servers know it; "" for the only one that they have. */
  model: z.string().default(""),
  /** The environment's variable that holds the key, or the file. */
  key: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, "must be the name of an environment variable in capitals, not the key itself")
    .nullable()
    .default(null),
  keyFile: z.string().refine(isAbsolute, "must be an absolute path").nullable().default(null),
  pricePerMillionTokens: z
    .strictObject({ input: z.number().min(0), output: z.number().min(0) })
    .nullable()
    .default(null),
  limits: limits.prefault({}),
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
  /** Servers whose models jobs may name ([endpoints](endpoints.md)). */
  endpoints: z.array(endpoint).default([]),
});

/** Of an endpoint that only its address says. */
export const DEFAULT_ENDPOINT_LIMITS = limits.parse({});

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
