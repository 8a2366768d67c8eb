import { pipeline } from "node:stream";
import { JSONParser } from "@streamparser/json-node";
import { InputError, messageOf } from "../errors.js";
import { readLines, readUtf8 } from "./bytes.js";
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

/** Integers that a JavaScript number would give back otherwise are kept as their digits (see plainValue). */
function quoteLargeIntegers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    /^-?\d{16,}$/.test(token) && String(Number(token)) !== token ? `"${token}"` : token,
  );
}

function parseLine(text: string, number: number, place: string): unknown {
  try {
    return JSON.parse(/\d{16}/.test(text) ? quoteLargeIntegers(text) : text);
  } catch (error) {
    const isArray = number === 1 && text.trimStart().startsWith("[");
    const advice = isArray ? "A file with one JSON array is named .json." : "Each line holds one JSON object.";
    const message = `${place} is not valid JSON: ${messageOf(error)}. ${advice}`;
    throw new InputError("ROWMILL_UNREADABLE", message, { cause: error });
  }
}

async function* readJsonArray(file: DataFile, setPlace: SetPlace): AsyncGenerator<unknown> {
  const parser = new JSONParser({ paths: ["$.*"], keepStack: false });
  pipeline(arrayBytes(file), parser, () => {});
  try {
    for await (const { value, key } of parser) {
      setPlace(`${file.path} row ${Number(key) + 1}`);
      yield value;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const message = `${file.path} is not valid JSON: ${messageOf(error)}.`;
    throw new InputError("ROWMILL_UNREADABLE", message, { cause: error });
  } finally {
    parser.destroy();
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
