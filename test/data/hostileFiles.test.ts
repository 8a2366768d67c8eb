import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  Binary,
  CompressionType,
  compressionRegistry,
  Dictionary,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Table,
  Utf8,
  Vector,
} from "apache-arrow";
import { describe, expect, test } from "vitest";
import { BatchMemory } from "../../src/data/batchMemory.js";
import { openSource } from "../../src/data/index.js";
import { unpackZstd } from "../../src/data/zstd.js";
import { compiledSources } from "./child.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const run = compiledSources();

/** One run of 2,000,000,000 rows, a batch of a run-end encoded column, as pyarrow writes it. */
const LONG_RUN =
  "QVJST1cxAAD/////6AAAABAAAAAAAAoADAAGAAUACAAKAAAAAAEEAAwAAAAIAAgAAAAEAAgAAAAEAAAAAQAAAAQAAADU////AAABFhgAAAAcAAAABAAAAAIAAABgAAAAIAAAAAEAAABhAAAAyP///xAAFAAIAAYABwAMAAAAEAAQAAAAAAABBRAAAAAcAAAABAAAAAAAAAAGAAAAdmFsdWVzAAAEAAQABAAAABAAFAAIAAAABwAMAAAAEAAQAAAAAAAAAhAAAAAkAAAABAAAAAAAAAAIAAAAcnVuX2VuZHMAAAAACAAMAAgABwAIAAAAAAAAASAAAAD/////2AAAABQAAAAAAAAADAAWAAYABQAIAAwADAAAAAADBAAYAAAAGAAAAAAAAAAAAAoAGAAMAAQACAAKAAAAbAAAABAAAAAAlDV3AAAAAAAAAAAFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAACAAAAAAAAAAIAAAAAAAAABAAAAAAAAAAAQAAAAAAAAAAAAAAAwAAAACUNXcAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAACUNXcAAAAAAAAAAAEAAAB4AAAAAAAAAP////8AAAAAEAAAAAwAFAAGAAgADAAQAAwAAAAAAAQANAAAACQAAAAEAAAAAQAAAPgAAAAAAAAA4AAAAAAAAAAYAAAAAAAAAAAAAAAIAAgAAAAEAAgAAAAEAAAAAQAAAAQAAADU////AAABFhgAAAAcAAAABAAAAAIAAABgAAAAIAAAAAEAAABhAAAAyP///xAAFAAIAAYABwAMAAAAEAAQAAAAAAABBRAAAAAcAAAABAAAAAAAAAAGAAAAdmFsdWVzAAAEAAQABAAAABAAFAAIAAAABwAMAAAAEAAQAAAAAAAAAhAAAAAkAAAABAAAAAAAAAAIAAAAcnVuX2VuZHMAAAAACAAMAAgABwAIAAAAAAAAASAAAAAQAQAAQVJST1cx";
/** Seven rows, of whose second column the message says that it has three. */
const SHORT_COLUMN =
  "/////6gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAIAAABMAAAABAAAAMz///8AAAECEAAAABwAAAAEAAAAAAAAAAEAAABiAAAACAAMAAgABwAIAAAAAAAAAUAAAAAQABQACAAGAAcADAAAABAAEAAAAAAAAQUQAAAAGAAAAAQAAAAAAAAAAQAAAGEAAAAEAAQABAAAAAAAAAD/////yAAAABQAAAAAAAAADAAWAAYABQAIAAwADAAAAAADBAAYAAAAaAAAAAAAAAAAAAoAGAAMAAQACAAKAAAAbAAAABAAAAAHAAAAAAAAAAAAAAAFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIAAAAAAAAAAgAAAAAAAAAA4AAAAAAAAAMAAAAAAAAAAAAAAAAAAAADAAAAAAAAAAOAAAAAAAAAAAAAAAAgAAAAcAAAAAAAAAAAAAAAAAAAADAAAAAAAAAAAAAAAAAAAAAAAAAAIAAAAEAAAABgAAAAgAAAAKAAAADAAAAA4AAAByMHIxcjJyM3I0cjVyNgAAAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAEAAAAAAAAAAUAAAAAAAAABgAAAAAAAAD/////AAAAAA==";
/** A text of 1,003 letters, compressed with Zstandard, as pyarrow writes it. */
const PACKED =
  "/////3AAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAEFEAAAABgAAAAEAAAAAAAAAAEAAABhAAAABAAEAAQAAAAAAAAA/////7AAAAAUAAAAAAAAAAwAGAAGAAUACAAMAAwAAAAAAwQAHAAAAEAAAAAAAAAAAAAAAAwAHgAQAAQACAAMAAwAAABgAAAAJAAAABgAAAABAAAAAAAAAAAAAAAAAAYACAAHAAYAAAAAAAABAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABkAAAAAAAAAIAAAAAAAAAAbAAAAAAAAAAAAAAABAAAAAQAAAAAAAAAAAAAAAAAAAAgAAAAAAAAAKLUv/SAIQQAAAAAAAOsDAAAAAAAAAAAA6wMAAAAAAAAotS/9YOsCTQAAEHh4AQDmK4AFAAAAAAD/////AAAAAA==";
/** A Parquet file whose footer is a list of 2^62 truth values. */
const ENDLESS_LIST = "UEFSMRnx/////////38ACwAAAFBBUjE=";

const MEGABYTE = 1024 * 1024;

/** One row of one batch: zeros in the column "a", a text in "b". */
function arrowFile(zeros: Uint8Array, isPacked: boolean): Uint8Array {
  const text = Buffer.from("beside");
  const batch = new RecordBatch({
    a: makeData({ type: new Binary(), length: 1, valueOffsets: Int32Array.of(0, zeros.length), data: zeros }),
    b: makeData({ type: new Utf8(), length: 1, valueOffsets: Int32Array.of(0, text.length), data: text }),
  });
  // a frame that is no shorter is not written: the bytes are, as they are
  compressionRegistry.set(CompressionType.ZSTD, {
    encode: (bytes) => zeroFrame(bytes.length < MOST_BLOCK_BYTES ? 1000 * MOST_BLOCK_BYTES : bytes.length),
  });
  const writer = new RecordBatchStreamWriter(isPacked ? { compressionType: CompressionType.ZSTD } : {});
  writer.write(batch);
  const bytes = Buffer.from(writer.finish().toUint8Array(true));
  // the writer says the packed size where the format wants the other
  if (isPacked) bytes.writeBigInt64LE(BigInt(zeros.length), bytes.indexOf(zeroFrame(zeros.length)) - 8);
  return bytes;
}

/** A Zstandard frame of zeros: blocks of 128 KiB that are a byte repeated. */
function zeroFrame(count: number): Uint8Array {
  const frame = Buffer.alloc(9 + (count / MOST_BLOCK_BYTES) * 4);
  frame.set([0x28, 0xb5, 0x2f, 0xfd, 0xa0]);
  frame.writeUInt32LE(count, 5);
  for (let at = 9; at < frame.length; at += 4)
    frame.writeUIntLE((MOST_BLOCK_BYTES << 3) | 0b010 | Number(at + 4 === frame.length), at, 3);
  return frame;
}

const MOST_BLOCK_BYTES = 128 * 1024;

async function textsBeside(path: string): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  const source = await openSource(path, { columns: ["b"] });
  for await (const batch of source.batches()) texts.push(...batch.text("b"));
  return texts;
}

test.each([
  ["runs that stand for more than any memory", "run.arrow", LONG_RUN, /stand for 2000000000 values/],
  ["a column that is shorter than its batch", "short.arrow", SHORT_COLUMN, /columns differ in length/],
  ["a footer that says more than it holds", "list.parquet", ENDLESS_LIST, /list\.parquet/],
])("%s is refused in a line", async (_, name, base64, message) => {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(base64, "base64"));
  await expect(readAll(path, "a")).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
});

describe("a small file that stands for gigabytes", () => {
  test("of Arrow is refused by the size that it names, before it is unpacked", async () => {
    const bytes = Buffer.from(PACKED, "base64");
    const path = join(folder, "packed.arrow");
    writeFileSync(path, bytes);
    expect((await readAll(path, "a")).texts).toEqual(["x".repeat(1003)]);
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(1003n);
    bytes.writeBigInt64LE(2n ** 50n, bytes.lastIndexOf(length));
    writeFileSync(path, bytes);
    await expect(readAll(path, "a")).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/a batch unpacks to 1125899906842632 bytes or more.*smaller record batches/),
    });
  });

  test("of Arrow is read where the machine has room, as it is and in gzip", async () => {
    const path = join(folder, "honest.arrow");
    const zeros = Buffer.alloc(600 * MEGABYTE);
    writeFileSync(path, arrowFile(zeros, true));
    expect(statSync(path).size).toBeLessThan(zeros.length / 10_000);
    expect(await textsBeside(path)).toEqual(["beside"]);
    const packed = gzipSync(arrowFile(zeros, false), { level: 1 });
    expect(packed.length).toBeLessThan(zeros.length / 200);
    writeFileSync(`${path}.gz`, packed);
    expect(await textsBeside(`${path}.gz`)).toEqual(["beside"]);
  });

  test("of Arrow is refused beyond half of the memory that is free, all buffers of a batch together", () => {
    const memory = new BatchMemory(() => 2000 * MEGABYTE);
    memory.take(600 * MEGABYTE);
    memory.take(400 * MEGABYTE);
    expect(() => memory.take(1)).toThrow(`${1000 * MEGABYTE + 1} bytes or more`);
    const small = new BatchMemory(() => 0);
    small.take(512 * MEGABYTE);
    expect(() => small.take(1)).toThrow("write it in smaller record batches");
  });

  test.each([
    ["csv", 'a\n"'],
    ["jsonl", '{"a":"'],
    ["json", '[{"a":"'],
    ["txt", ""],
  ])("of .%s in gzip is read no further than 16 MB of a row", async (ending, start) => {
    const path = join(folder, `row.${ending}.gz`);
    const letters = gzipSync(Buffer.alloc(64 * 1024 * 1024, "x"), { level: 1 });
    writeFileSync(path, Buffer.concat([gzipSync(Buffer.from(start)), ...Array<Buffer>(20).fill(letters)]));
    await expect(readAll(path, ending === "txt" ? "" : "a")).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("longer than 16 MB"),
    });
  });

  test("of Parquet, whose rows share a text of a dictionary, is read piece by piece", async () => {
    const path = join(folder, "shared.parquet");
    const duck = await (await DuckDBInstance.create(":memory:")).connect();
    await duck.run(
      `copy (select repeat('x', 1000000) as a from range(2500)) to '${path}' (format parquet, row_group_size 4096)`,
    );
    const seen = await run(`
      import { openSource } from "src/data/index.js";
      const source = await openSource(${JSON.stringify(path)}, { columns: ["a"] });
      let rows = 0, mostRows = 0;
      for await (const { rowCount } of source.batches()) {
        rows += rowCount;
        mostRows = Math.max(mostRows, rowCount);
      }
      console.log(JSON.stringify({ rows, mostRows, isSmall: process.resourceUsage().maxRSS < 1.5 * 1024 * 1024 }));
    `);
    expect(seen).toEqual({ rows: 2500, mostRows: 4, isSmall: true });
  });
});

test("a text beyond 16 MB is refused where it is to be a prompt, and kept where it is not", async () => {
  const path = join(folder, "long.parquet");
  const duck = await (await DuckDBInstance.create(":memory:")).connect();
  await duck.run(`copy (select repeat('x', 17000000) as a, 'short' as b) to '${path}' (format parquet)`);
  await expect(readAll(path, "a")).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`A row's "a" is longer than 16 MB`),
  });
  expect((await readAll(path, "b")).texts).toEqual(["short"]);
});

/** A Zstandard frame of one block that is a byte repeated. */
function repeated(byte: number, count: number, said: number | null): Uint8Array {
  const header = said === null ? [0x00, 0x00] : [0xa0, ...[0, 8, 16, 24].map((shift) => (said >> shift) & 0xff)];
  const block = (count << 3) | 0b011;
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, ...header, block & 0xff, (block >> 8) & 0xff, block >> 16, byte]);
}

describe("a Zstandard frame", () => {
  test.each([null, 900])("that says %s of its size unpacks to the bytes that are wanted", (said) => {
    expect(unpackZstd(repeated(7, 900, said), 900)).toEqual(new Uint8Array(900).fill(7));
  });

  test.each([
    ["says more than is wanted", repeated(7, 900, 2 ** 30), /of 1073741824 bytes instead of 900/],
    ["holds more than is wanted", repeated(7, 901, null), /more than 900 bytes/],
    ["holds less than is wanted", repeated(7, 899, null), /of 899 bytes instead of 900/],
    ["asks for a window of gigabytes", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 1, 0, 0), /window of 2147483648/],
    ["is none", new Uint8Array(20), /not a Zstandard frame/],
  ])("that %s is refused", (_, frame, message) => {
    expect(() => unpackZstd(frame, 900)).toThrow(message);
  });
});

describe("a dictionary in seventy thousand parts", () => {
  const keys = Int32Array.of(65_536, 0, 69_999, 65_535);
  const words = Array.from({ length: 70_000 }, (_, i) => {
    const text = Buffer.from(`word ${i}`);
    return makeData({ type: new Utf8(), length: 1, valueOffsets: Int32Array.of(0, text.length), data: text });
  });
  const type = new Dictionary(new Utf8(), new Int32(), 1);
  const data = makeData({ type, length: keys.length, data: keys, dictionary: new Vector(words) });
  const batch = new RecordBatch({ a: data });
  const texts = ["word 65536", "word 0", "word 69999", "word 65535"];

  test("is read right from a stream, where each part is a message", async () => {
    const path = join(folder, "parts.arrow");
    writeFileSync(path, RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true));
    expect((await readAll(path, "a")).texts).toEqual(texts);
  });

  test("is read right from a table in memory", async () => {
    expect((await readAll(new Table(batch), "a")).texts).toEqual(texts);
  });
});
