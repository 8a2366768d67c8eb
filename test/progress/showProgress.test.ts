import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressEmitter, showProgress, type WatchedJob } from "../../src/progress/index.js";
import { builtUrl } from "../builtUrl.js";

/** Stands for the standard output: a terminal of so many columns, or none. */
function fakeOutput(columns?: number) {
  const written: string[] = [];
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & { columns: number };
  stream.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  Object.assign(stream, columns === undefined ? { isTTY: false } : { isTTY: true, columns });
  return { stream, written, all: () => written.join("") };
}

function fakeJob() {
  const job = {
    jobId: "job-1",
    status: "RUNNING",
    rowsTotal: 100,
    waitingFor: null as string | null,
    runSeconds: 0,
    rowsDone: 0,
    rowsFailed: 0,
    inputTokens: 0,
    outputTokens: 0,
  };
  return { job, emitter: new ProgressEmitter({ job: (): WatchedJob => ({ ...job }) }) };
}

describe("showing progress", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("draws over one line of a terminal, leaves the last drawing and gives the cursor back", async () => {
    const { job, emitter } = fakeJob();
    const { stream, all } = fakeOutput(60);
    const shown = showProgress(emitter, stream);
    for (let step = 0; step < 4; step++) {
      await vi.advanceTimersByTimeAsync(250);
      job.rowsDone += 25;
    }
    job.status = "SUCCEEDED";
    await vi.advanceTimersByTimeAsync(1000);
    expect(await shown).toMatchObject({ status: "SUCCEEDED", rowsDone: 100 });
    const [hide, ...drawings] = all().split("\r");
    expect(hide).toBe("\x1b[?25l");
    expect(drawings.length).toBeGreaterThanOrEqual(4);
    for (const drawing of drawings) {
      const [line = ""] = drawing.split("\x1b[K");
      expect(line).toMatch(/^Progress: \d+%\|[█ ]+\| \d+\/100 /);
      expect(line.length).toBeLessThan(60);
    }
    expect(drawings.at(-1)).toMatch(/^Progress: 100%\|█+\| 100\/100 /);
    expect(drawings.at(-1)?.endsWith("\x1b[K\n\x1b[?25h")).toBe(true);
    expect(all().match(/\n/g)).toHaveLength(1);
  });

  it("draws anew, to fit, when the terminal gets another size", async () => {
    const { emitter } = fakeJob();
    const { stream, written } = fakeOutput(100);
    const shown = showProgress(emitter, stream);
    await vi.advanceTimersByTimeAsync(100);
    written.length = 0;
    stream.columns = 40;
    stream.emit("resize");
    await Promise.resolve();
    const [clearFolded, line] = written;
    expect(clearFolded).toBe("\x1b[2A\r\x1b[J"); // 99 columns became three lines of 40
    expect(line?.split("\x1b[")[0]?.length).toBe(40); // a return and 39 columns
    emitter.close();
    await shown;
    expect(stream.listenerCount("resize")).toBe(0);
  });

  it("leaves no listener and no hidden cursor when the job can't be read any more", async () => {
    const { stream, all } = fakeOutput(80);
    const before = process.listenerCount("SIGINT");
    let looks = 0;
    const emitter = new ProgressEmitter({
      job: () => {
        if (++looks > 2) throw new Error("gone");
        return fakeJob().job;
      },
    });
    const outcome = expect(showProgress(emitter, stream)).rejects.toThrow("gone");
    await vi.advanceTimersByTimeAsync(5000);
    await outcome;
    expect(all().endsWith("\x1b[?25h")).toBe(true);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it("writes a line every few seconds where there is no terminal, and always the last", async () => {
    const { job, emitter } = fakeJob();
    const { stream, all } = fakeOutput();
    const shown = showProgress(emitter, stream, { lineSeconds: 5 });
    for (let second = 0; second < 12; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      job.rowsDone += 5;
    }
    Object.assign(job, { rowsDone: 100, status: "SUCCEEDED" });
    await vi.advanceTimersByTimeAsync(1000);
    await shown;
    const lines = all().trimEnd().split("\n");
    expect(lines.map((line) => /^Progress: (\d+%) /.exec(line)?.[1])).toEqual(["0%", "20%", "45%", "100%"]);
    for (const character of ["\x1b", "\r", "█"]) expect(all()).not.toContain(character);
  });

  it("puts whatever else is written to the terminal above the bar, in a line of its own, and then writes as before", async () => {
    const { emitter } = fakeJob();
    const { stream, written, all } = fakeOutput(60);
    const write = stream.write;
    const shown = showProgress(emitter, stream);
    await vi.advanceTimersByTimeAsync(300);
    written.length = 0;
    stream.write("warning: look\n");
    expect(all().startsWith("\r\x1b[Kwarning: look\n\rProgress: 0%")).toBe(true);
    emitter.close();
    await shown;
    expect(stream.write).toBe(write);
  });

  it("stops on a signal, while the job goes on", async () => {
    const { emitter } = fakeJob();
    const { stream, all } = fakeOutput(80);
    const stop = new AbortController();
    const shown = showProgress(emitter, stream, { signal: stop.signal });
    await vi.advanceTimersByTimeAsync(500);
    stop.abort();
    expect(await shown).toMatchObject({ status: "RUNNING" });
    expect(all().endsWith("\n\x1b[?25h")).toBe(true);
    expect(emitter.ended).toBe(false);
    emitter.close();
  });

  it("shows nothing when it is stopped before it begins", async () => {
    const { emitter } = fakeJob();
    expect(await showProgress(emitter, fakeOutput(80).stream, { signal: AbortSignal.abort() })).toBeNull();
    emitter.close();
  });
});

it("a process that is interrupted dies of the signal and gives the cursor back", async () => {
  const url = builtUrl("progress/index.js");
  const program = `
    const { ProgressEmitter, showProgress } = await import(${JSON.stringify(url)});
    Object.assign(process.stdout, { isTTY: true, columns: 80 });
    await showProgress(new ProgressEmitter({ job: () => ({ jobId: "j", status: "RUNNING", rowsTotal: 5, waitingFor: null, runSeconds: 0,
      rowsDone: 0, rowsFailed: 0, inputTokens: 0, outputTokens: 0 }) }), process.stdout);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  const output = text(child.stdout);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  child.kill("SIGINT");
  expect(await ended).toBe("SIGINT");
  expect((await output).endsWith("\x1b[?25h")).toBe(true);
});
