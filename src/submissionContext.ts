import { type EngineName, likelyEngine } from "./engine/index.js";
import { messageLine } from "./foreignText.js";
import type { Home } from "./jobs/index.js";
import { type Download, describeDownload, type MemoryFit } from "./models/index.js";
import { type NamingText, naming } from "./optionNames.js";
import { type ProgressMode, PullLine, ReadingLine } from "./progress/index.js";
import type { RowmillOptions } from "./rowmillOptions.js";
import { fitMemory } from "./runner/index.js";
import type { MemoryNeeds, SubmissionContext } from "./submission/index.js";

/** What a facade lends to its submissions. */
export interface Surroundings extends Pick<SubmissionContext, "home" | "models"> {
  /** Where lines go that are drawn anew. */
  readonly output: NodeJS.WriteStream | null;
  readonly progress: ProgressMode;
  readonly confirmDownload: RowmillOptions["confirmDownload"];
  readonly say: (line: string | NamingText) => void;
}

/** Says how a submission goes, and what it is warned of.
 *  @param engine the one that the jobs ask for
 *  @returns `clear`: takes the lines away that are drawn anew */
export function submissionContext(
  { home, models, output, progress, confirmDownload, say }: Surroundings,
  engine: EngineName,
): SubmissionContext & { readonly clear: () => void } {
  const reading = new ReadingLine(progress === "auto" || progress === "bar" ? output : null);
  const pulling = new PullLine(output, progress);
  return {
    home,
    models,
    onPull: (pull) => pulling.show(pull),
    fitMemory: (needs) => fitOrNull(home, { ...needs, engine }),
    onModelFile: once(() => tellEngine(engine, say)),
    confirmDownload: (download, isDefaultModel) => confirm(download, isDefaultModel ? confirmDownload : null, say),
    onRows: (rows) => reading.show(rows),
    warn: ({ text, parts = [text] }) => say(naming`warning: ${parts}`),
    clear: () => {
      reading.clear();
      pulling.end();
    },
  };
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

/** npm shows nothing of why the addon could not be built. Whoever has turned it off knows. */
function tellEngine(engine: EngineName, say: Surroundings["say"]): void {
  const { name, reason } = likelyEngine(engine);
  if (reason !== null && process.env.ROWMILL_NO_ADDON !== "1")
    say(`warning: jobs run on the engine ${name}, several times slower than the native one: ${reason}`);
}

async function fitOrNull(home: Home, needs: MemoryNeeds & { readonly engine: string }): Promise<MemoryFit | null> {
  try {
    return await fitMemory({ ...needs, rowsDone: 0, rowsFailed: 0 }, home);
  } catch {
    return null; // no backend, say: the estimate's other numbers stand, and the job itself says why
  }
}

/** @param ask null for a model that somebody named: the default one is downloaded only when somebody says so */
function confirm(
  download: Download,
  ask: RowmillOptions["confirmDownload"] | null,
  say: Surroundings["say"],
): boolean | Promise<boolean> {
  const said = describeDownload(download);
  if (ask !== null) return ask?.(messageLine(`The default model ${said}. Download it?`)) ?? false;
  say(said);
  return true;
}
