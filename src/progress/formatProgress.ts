import { oneLine } from "../foreignText.js";
import type { Progress } from "./progress.js";

const WIDEST_BAR = 50;
const NARROWEST_BAR = 4;

/** The bar in one line of at most `width` columns:
 *  `Progress: 45%|██████      | 450/1000 [00:32<00:45] Input tokens processed: 12500, Tokens generated: 8300, Total tokens/s: 325.4`.
 *  Where that does not fit the bar gets shorter, then what stands behind it, then the rest. */
export function formatProgress(progress: Progress, width: number): string {
  const head = `Progress: ${percentDone(progress)}%`;
  const rows = `${rowsFinished(progress)}/${progress.rowsTotal}`;
  const times = formatTimes(progress);
  if (progress.waitingFor !== null) return formatWaiting(progress, width);
  const tails = [` ${times} ${longFields(progress)}`, ` ${times} ${shortFields(progress)}`];
  if (!hasNotBegun(progress)) tails.push(` ${times} ${formatRate(progress)} tokens/s`);
  tails.push(` ${times}`, "");
  for (const tail of tails) {
    const cells = width - `${head}|| ${rows}${tail}`.length;
    if (cells >= NARROWEST_BAR) {
      return `${head}|${drawBar(progress, Math.min(cells, WIDEST_BAR))}| ${rows}${tail}`;
    }
  }
  return `${percentDone(progress)}% ${rows}`.slice(0, Math.max(0, width));
}

/** What is waited for says more than any number: where not all fits, the bar goes first, then what stands in brackets. */
function formatWaiting(progress: Progress, width: number): string {
  const head = `Progress: ${percentDone(progress)}%`;
  const rows = `${rowsFinished(progress)}/${progress.rowsTotal}`;
  const words = waitingWords(progress);
  const cells = width - `${head}|| ${rows} ${words}`.length;
  if (cells >= NARROWEST_BAR) return `${head}|${drawBar(progress, Math.min(cells, WIDEST_BAR))}| ${rows} ${words}`;
  const shorter = [`${head} ${rows} ${words}`, `${percentDone(progress)}% ${rows} ${words}`];
  shorter.push(`${percentDone(progress)}% ${rows} ${words.replace(/ \(.*\)/, "")}`);
  return shorter.find((line) => line.length <= width) ?? (shorter.at(-1) as string).slice(0, Math.max(0, width));
}

function waitingWords(progress: Progress): string {
  return `${progress.status === "QUEUED" ? "QUEUED, " : ""}waiting for ${oneLine(progress.waitingFor ?? "")}`;
}

/** The same without the bar, for logs and pipes. */
export function formatProgressLine(progress: Progress): string {
  const rows = `${rowsFinished(progress)}/${progress.rowsTotal}`;
  if (progress.waitingFor !== null) return `Progress: ${percentDone(progress)}% ${rows} ${waitingWords(progress)}`;
  return `Progress: ${percentDone(progress)}% ${rows} ${formatTimes(progress)} ${longFields(progress)}`;
}

function rowsFinished(progress: Progress): number {
  return progress.rowsDone + progress.rowsFailed;
}

/** Whole per cent, rounded down: 100 means that all is done. */
function percentDone(progress: Progress): number {
  if (progress.rowsTotal === 0) return progress.status === "SUCCEEDED" ? 100 : 0;
  return Math.min(100, Math.floor((100 * rowsFinished(progress)) / progress.rowsTotal));
}

/** A begun cell is drawn full, the last one only when all is done. */
function drawBar(progress: Progress, cells: number): string {
  const percent = percentDone(progress);
  const full = percent === 100 ? cells : Math.min(cells - 1, Math.ceil((cells * percent) / 100));
  return "█".repeat(full).padEnd(cells);
}

/** Before its first token a job has a status to tell and no speed. */
function hasNotBegun(progress: Progress): boolean {
  const tokens = progress.inputTokens + progress.outputTokens;
  return tokens === 0 && rowsFinished(progress) === 0 && ["QUEUED", "STARTING"].includes(progress.status);
}

function longFields(progress: Progress): string {
  if (hasNotBegun(progress)) return progress.status;
  const fields = [
    `Input tokens processed: ${progress.inputTokens}`,
    `Tokens generated: ${progress.outputTokens}`,
    `Total tokens/s: ${formatRate(progress)}`,
  ];
  if (progress.rowsFailed > 0) fields.push(`Rows failed: ${progress.rowsFailed}`);
  return fields.join(", ");
}

function shortFields(progress: Progress): string {
  if (hasNotBegun(progress)) return progress.status;
  const fields = [`${progress.inputTokens} in`, `${progress.outputTokens} out`, `${formatRate(progress)} tokens/s`];
  if (progress.rowsFailed > 0) fields.push(`${progress.rowsFailed} failed`);
  return fields.join(", ");
}

/** Until there is one, at the beginning and when a job goes on after a break, none: it is not standing still. */
function formatRate({ tokensPerSecond }: Progress): string {
  const rate = tokensPerSecond.toFixed(1);
  return rate === "0.0" ? "–" : rate;
}

function formatTimes(progress: Progress): string {
  const { elapsedSeconds, remainingSeconds } = progress;
  return `[${formatDuration(elapsedSeconds)}<${remainingSeconds === null ? "?" : formatDuration(remainingSeconds)}]`;
}

/** `mm:ss`, from an hour on `h:mm:ss`. */
function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
