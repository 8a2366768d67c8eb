import { InputError, messageOf } from "../errors.js";
import { readLines } from "./bytes.js";
import type { DataFile } from "./dataFile.js";
import { parseExactJson } from "./exactJson.js";
import { readArrayElements } from "./jsonArray.js";
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
    try {
      if (file.format === "json") yield* readJsonArray(file, setPlace);
      else if (file.format === "jsonl") yield* readJsonLines(file, setPlace);
      else yield* readTextLines(file, setPlace);
    } finally {
      await file.stream?.close();
    }
  }
}

async function* readTextLines(file: DataFile, setPlace: SetPlace): AsyncGenerator<string> {
  for await (const line of readLines(file)) {
    setPlace(`${file.path} line ${line.number}`);
    yield line.text;
  }
}

async function* readJsonLines(file: DataFile, setPlace: SetPlace): AsyncGenerator<unknown> {
  for await (const line of readLines(file)) {
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
  let count = 0;
  for await (const text of readArrayElements(file)) {
    const place = `${file.path} row ${++count}`;
    setPlace(place);
    yield parseElement(text, place);
  }
}

function parseElement(text: string, place: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    const message = `${place} is not valid JSON: ${messageOf(error)} of the row.`;
    throw new InputError("ROWMILL_UNREADABLE", message, { cause: error });
  }
}
