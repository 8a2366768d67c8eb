import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import type { ResolvedModel } from "../models/index.js";
import { hasPassed, keepPassed, trialKey } from "./passedTrials.js";

/** What is wrong with the file; `null` when nothing is. */
export type TrialAnswer = { readonly code: string; readonly message: string } | null;

/** Far more than any file needs, on a machine that is busy. */
const LIMIT_MS = 600_000;

/** The built file, also for a test that runs from src/. */
const PROCESS = fileURLToPath(new URL("../../dist/submission/modelTrialProcess.js", import.meta.url));

/** Files that are being tried by this process, or were, as they were then. */
const tried = new Map<string, Promise<void>>();

/** As `tryModelFile`; the model that comes with this package was tried when that was made. */
export async function tryModel({ source, path }: Pick<ResolvedModel, "source" | "path">, home: string): Promise<void> {
  if (source !== "embedded:starter") await tryModelFile(path, home);
}

/** Lets a process of its own load a model's vocabulary, use it, and reckon with the model's numbers, so that what llama.cpp
 *  ends a process over is an error line here. A file that has passed is not tried again, also by later processes: the home
 *  remembers it as long as the file and llama.cpp are the same.
 *  @param home the folder of jobs and models
 *  @throws {InputError} ROWMILL_MODEL_UNREADABLE, ROWMILL_NOT_A_MODEL */
export function tryModelFile(path: string, home: string): Promise<void> {
  const key = trialKey(path);
  let trial = tried.get(key);
  if (trial === undefined) {
    trial = hasPassed(home, key) ? Promise.resolve() : tryAndKeep(path, home, key);
    tried.set(key, trial);
    trial.catch(() => tried.delete(key));
  }
  return trial;
}

async function tryAndKeep(path: string, home: string, key: string): Promise<void> {
  await runTrial(path);
  // of a file that was changed meanwhile nobody knows which one passed
  if (trialKey(path) === key) keepPassed(home, key);
}

async function runTrial(path: string): Promise<void> {
  const fault = await new Promise<TrialAnswer>((resolve, reject) => {
    const child = fork(PROCESS, [], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let answer: TrialAnswer | undefined;
    let said = "";
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, LIMIT_MS);
    child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
      said = (said + piece).slice(-10_000);
    });
    child.on("message", (message: "ready" | TrialAnswer) => {
      if (message === "ready") child.send(path);
      else answer = message;
    });
    child.once("error", reject);
    child.once("close", (_, signal) => {
      clearTimeout(timer);
      const why = isLate ? `it took more than ${LIMIT_MS / 60_000} minutes` : reasonOf(said, signal);
      resolve(answer === undefined ? { code: "ROWMILL_MODEL_UNREADABLE", message: endingMessage(path, why) } : answer);
    });
  });
  if (fault !== null) throw new InputError(fault.code, fault.message);
}

function endingMessage(path: string, why: string): string {
  return `llama.cpp can't load ${path}: it ends its process over it (${why}). The file is damaged, or of a kind that this llama.cpp does not know`;
}

/** The assertion that failed or the exception that nobody caught, out of what the process said last. */
function reasonOf(said: string, signal: string | null): string {
  const lines = said.split("\n").map((line) => line.trim());
  const line = lines.find((text) => /GGML_ASSERT|GGML_ABORT|what\(\):/.test(text));
  return line?.replace(/^(what\(\):\s*|\S*\/)/, "").slice(0, 200) ?? signal ?? "without a word";
}
