import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { PullLine } from "../../src/progress/index.js";

/** Stands for a terminal of so many columns. */
function terminal(columns: number) {
  const written: string[] = [];
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  Object.assign(stream, { isTTY: true, columns });
  return { stream, all: () => written.join("") };
}

it("a download that brings nothing leaves no line behind", () => {
  const { stream, all } = terminal(80);
  const line = new PullLine(stream, "auto");
  line.show({ file: "hf:user/repo:Q4_K_M", bytesDone: 0, bytesTotal: null });
  expect(all()).toContain("fetching hf:user/repo:Q4_K_M");
  line.end();
  expect(all()).not.toContain("\n");
  expect(all().endsWith("\r\x1b[K")).toBe(true);
});

it("a file's line is drawn over itself, stays when it is there, and never wraps", () => {
  const { stream, all } = terminal(40);
  const line = new PullLine(stream, "auto");
  const file = `${"a-very-long-name-of-a-model-".repeat(3)}.gguf`;
  line.show({ file: `https://example.org/${file}`, bytesDone: 0, bytesTotal: null });
  for (const bytesDone of [0, 2_500_000, 5_958_944]) line.show({ file, bytesDone, bytesTotal: 5_958_944 });
  line.end();
  const drawn = all().split("\r").slice(1);
  expect(drawn).toHaveLength(4);
  for (const one of drawn) expect((one.split("\x1b[K")[0] as string).length).toBeLessThan(40);
  expect(drawn[2]).toContain("2.5 of 6.0 MB");
  expect(drawn[3]?.endsWith(": 6.0 MB\x1b[K\n")).toBe(true);
  expect(all().match(/\n/g)).toHaveLength(1);
});
