import { Tokenizer, TokenParser } from "@streamparser/json";
import { InputError, messageOf } from "../errors.js";
import { readLines, readUtf8 } from "./bytes.js";
import { exactNumber, parseExactJson } from "./exactJson.js";
import type { DataFile } from "./files.js";
import type { RowStream } from "./rowSource.js";

/** The rows of files in which a row carries its own column names, or is just a text: .jsonl, .json and .txt, one file
 *  after the other. Blank lines of a .jsonl file are no rows, blank lines of a .txt file are. */
export function streamRowFiles(files: readonly [DataFile, ...DataFile[]], path: string): RowStream {
  let place = files[0].path;
  const setPlace = (text: string) => {
    place = text;
  };
  return { format: files[0].format, path, rows: readFiles(files, setPlace), place: () => place };
}

type SetPlace = (place: string) => void;

async function* readFiles(files: readonly DataFile[], setPlace: SetPlace): AsyncGenerator<unknown> {
  for (const file of files) {
    if (file.format === "json") yield* readJsonArray(file, setPlace);
    else if (file.format === "jsonl") yield* readJsonLines(file, setPlace);
    else yield* readTextLines(file, setPlace);
  }
}

async function* readTextLines(file: DataFile, setPlace: SetPlace): AsyncGenerator<string> {
  for await (const line of readLines(file.path, file.isGzip)) {
    setPlace(`${file.path} line ${line.number}`);
    yield line.text;
  }
}

async function* readJsonLines(file: DataFile, setPlace: SetPlace): AsyncGenerator<unknown> {
  for await (const line of readLines(file.path, file.isGzip)) {
    if (line.text.trim() === "") continue;
    const place = `${file.path} line ${line.number}`;
    setPlace(place);
    yield parseLine(line.text, line.number, place);
  }
}

function parseLine(text: string, number: number, place: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    const isArray = number === 1 && text.trimStart().startsWith("[");
    const advice = isArray ? "A file with one JSON array is named .json." : "Each line holds one JSON object.";
    const message = `${place} is not valid JSON: ${messageOf(error)}. ${advice}`;
    throw new InputError("ROWMILL_UNREADABLE", message, { cause: error });
  }
}

async function* readJsonArray(file: DataFile, setPlace: SetPlace): AsyncGenerator<unknown> {
  const parser = new RowParser();
  let count = 0;
  try {
    for await (const chunk of arrayBytes(file)) {
      for (const row of parser.write(chunk)) {
        setPlace(`${file.path} row ${++count}`);
        yield row;
      }
    }
    parser.end();
  } catch (error) {
    if (error instanceof InputError) throw error;
    const message = `${file.path} is not valid JSON: ${messageOf(error)}.`;
    throw new InputError("ROWMILL_UNREADABLE", message, { cause: error });
  }
}

/** The elements of one JSON array, chunk by chunk. */
class RowParser {
  readonly #tokenizer = new ExactTokenizer();
  #rows: unknown[] = [];

  constructor() {
    const parser = new TokenParser({ paths: ["$.*"], keepStack: false });
    parser.onValue = ({ value }) => this.#rows.push(value);
    parser.onError = (error) => this.#tokenizer.error(error);
    parser.onEnd = () => {
      if (!this.#tokenizer.isEnded) this.#tokenizer.end();
    };
    this.#tokenizer.onToken = (token) => parser.write(token);
    this.#tokenizer.onEnd = () => {
      if (!parser.isEnded) parser.end();
    };
  }

  /** @returns the rows that end in the chunk
   *  @throws {Error} what is no JSON */
  write(chunk: Uint8Array): readonly unknown[] {
    this.#rows = [];
    this.#tokenizer.write(chunk);
    return this.#rows;
  }

  /** @throws {Error} when the array has not ended */
  end(): void {
    if (!this.#tokenizer.isEnded) this.#tokenizer.end();
  }
}

class ExactTokenizer extends Tokenizer {
  protected override parseNumber(text: string): number {
    // strings too: the token's value is handed on as it is
    return exactNumber(text) as number;
  }
}

/** The file's bytes, once it is clear that an array is at its top. */
async function* arrayBytes(file: DataFile): AsyncGenerator<Buffer> {
  let isArray = false;
  for await (const chunk of readUtf8(file.path, file.isGzip)) {
    const start: string = isArray ? "" : chunk.toString("latin1").trimStart();
    if (start !== "" && !start.startsWith("["))
      throw new InputError(
        "ROWMILL_UNREADABLE",
        `${file.path} has no JSON array at its top. If each line is a JSON object, name the file .jsonl.`,
      );
    isArray ||= start !== "";
    yield chunk;
  }
  if (!isArray) throw new InputError("ROWMILL_EMPTY_TABLE", `${file.path} is empty: it holds no JSON array.`);
}
