import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A template and the sets of variables to render it with. */
export interface TemplateTask {
  readonly source: string;
  readonly variables: readonly Readonly<Record<string, unknown>>[];
  /** Of one text. */
  readonly mostCharacters: number;
}

export type Rendering = { readonly text: string } | { readonly error: string; readonly isUnreadable: boolean };

/** A usual template takes milliseconds; a busy machine may give it a fiftieth of a core. */
export const LIMIT_MS = 20_000;
const MEMORY_MB = 256;
/** Published templates have up to 30 kB. */
const MOST_SOURCE_CHARACTERS = 1 << 20;

/** The built file, also for a test that runs from src/. */
const PROCESS = fileURLToPath(new URL("../../dist/prompt/templateProcess.js", import.meta.url));

/** Renders a Jinja template in a process of its own, which is ended where it takes too long or too much.
 *  @param limitMs counted from the moment that the process can begin
 *  @returns a rendering for each set of variables
 *  @throws {Error} with what the template did in words that follow "the model's chat template can't be used:" */
export async function renderTemplate(task: TemplateTask, limitMs = LIMIT_MS): Promise<Rendering[]> {
  if (task.source.length > MOST_SOURCE_CHARACTERS) throw new Error(`it has ${task.source.length} characters`);
  return await new Promise((resolve, reject) => {
    const child = fork(PROCESS, [], {
      execArgv: [`--max-old-space-size=${MEMORY_MB}`],
      // what V8 says when it gives up
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    let answer: Rendering[] | undefined;
    child.on("message", (message: "ready" | Rendering[]) => {
      if (message !== "ready") {
        answer = message;
        return;
      }
      timer = setTimeout(() => {
        isLate = true;
        child.kill("SIGKILL");
      }, limitMs);
      child.send(task);
    });
    child.once("error", reject);
    child.once("exit", () => {
      clearTimeout(timer);
      if (answer !== undefined) resolve(answer);
      else if (isLate) reject(new Error(`it does not end: it was stopped after ${limitMs / 1000} seconds`));
      else reject(new Error(`it needs more than ${MEMORY_MB} MB of memory`));
    });
  });
}
