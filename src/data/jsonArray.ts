import { InputError } from "../errors.js";
import { readUtf8 } from "./bytes.js";
import type { DataFile } from "./dataFile.js";
import { RECORD_BYTES } from "./limits.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The texts of the elements of a file's one JSON array, as they are read; the rest of the file's syntax is looked at only as
 *  far as it takes to find them.
 *  @throws {InputError} ROWMILL_UNREADABLE for a file with no array at its top, one that never ends, something behind it, or
 *    an element beyond 16 MB; ROWMILL_EMPTY_TABLE; and as readUtf8 */
export async function* readArrayElements(file: DataFile): AsyncGenerator<string> {
  const array = new ArrayScanner(file.path);
  for await (const chunk of readUtf8(file)) yield* array.scan(chunk);
  array.end();
}

/** Finds the commas between an array's elements: outside texts, and outside the elements' own brackets. */
class ArrayScanner {
  #state: "before" | "inside" | "behind" = "before";
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #count = 0;

  constructor(readonly path: string) {}

  *scan(chunk: Buffer): Generator<string> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isInText = false;
      } else if (this.#state !== "inside") {
        if (isSpace(byte)) continue;
        if (this.#state === "behind") throw this.#mistake("something stands behind the array");
        if (byte !== OPEN_BRACKET) throw noArray(this.path);
        this.#state = "inside";
        start = at + 1;
      } else if (byte === QUOTE) this.#isInText = true;
      else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) this.#depth++;
      else if (this.#depth > 0) {
        if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) this.#depth--;
      } else if (byte === COMMA || byte === CLOSE_BRACKET) {
        const text = this.#take(chunk.subarray(start, at));
        const isLast = byte === CLOSE_BRACKET;
        if (text.trim() !== "") {
          this.#count++;
          yield text;
        } else if (!isLast || this.#count > 0)
          throw this.#mistake(`nothing stands where row ${this.#count + 1} is to be`);
        if (isLast) this.#state = "behind";
        start = at + 1;
      }
    }
    if (this.#state === "inside") this.#keep(chunk.subarray(start));
  }

  /** @throws {InputError} when the array has not ended */
  end(): void {
    if (this.#state === "before")
      throw new InputError("ROWMILL_EMPTY_TABLE", `${this.path} is empty: it holds no JSON array.`);
    if (this.#state === "inside") throw this.#mistake(`the array never ends, the file does after row ${this.#count}`);
  }

  #keep(part: Buffer): void {
    this.#parts.push(part);
    this.#partBytes += part.length;
    if (this.#partBytes <= RECORD_BYTES) return;
    const limit = `${RECORD_BYTES / 1024 / 1024} MB`;
    throw this.#mistake(`row ${this.#count + 1} is longer than ${limit}, or a quote or bracket before it never closes`);
  }

  #take(part: Buffer): string {
    const bytes = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]);
    this.#parts = [];
    this.#partBytes = 0;
    return bytes.toString("utf8");
  }

  #mistake(reason: string): InputError {
    return new InputError("ROWMILL_UNREADABLE", `${this.path} is not valid JSON: ${reason}.`);
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function noArray(path: string): InputError {
  return new InputError(
    "ROWMILL_UNREADABLE",
    `${path} has no JSON array at its top. If each line is a JSON object, name the file .jsonl.`,
  );
}
