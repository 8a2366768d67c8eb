import type { FileHandle } from "node:fs/promises";
import type { Data, RecordBatch, Schema } from "apache-arrow";
import { DictionaryBatch } from "apache-arrow/fb/dictionary-batch";
import { Footer } from "apache-arrow/fb/footer";
import { Message } from "apache-arrow/fb/message";
import { MessageHeader } from "apache-arrow/fb/message-header";
import { RecordBatch as StoredBatch } from "apache-arrow/fb/record-batch";
import { Schema as StoredSchemaTable } from "apache-arrow/fb/schema";
import { ByteBuffer } from "flatbuffers";
import { loadBatch, loadWords } from "./arrowLoad.js";
import { readStoredSchema, type StoredField, type StoredSchema } from "./arrowStored.js";
import { withPart } from "./dictionaryParts.js";

/** Bytes that are read at random. */
export interface Bytes {
  readonly length: number;
  /** @throws {Error} when fewer are left */
  read(at: number, length: number): Promise<Uint8Array>;
}

/** Arrow IPC data, opened: its schema, and its batches one after the other. */
export interface ArrowReader {
  /** Without dictionaries, views and runs, which are read as their values. */
  readonly schema: Schema;
  /** Whether any column has another type where it is written. */
  readonly isLowered: boolean;
  batches(): AsyncGenerator<RecordBatch>;
}

const MAGIC = "ARROW1";
/** Magic, and two bytes that fill it up to eight. */
const FILE_HEAD_BYTES = 8;

/** Opens Arrow IPC data, in the file format (whose index at the end says where the batches are) or as a stream.
 *  @throws {Error} for whatever it is not whole or not Arrow */
export async function openMessages(bytes: Bytes): Promise<ArrowReader> {
  const head = bytes.length < FILE_HEAD_BYTES ? "" : Buffer.from(await bytes.read(0, MAGIC.length)).toString("latin1");
  return head === MAGIC ? openFileFormat(bytes) : openStream(bytes);
}

export function bytesOfMemory(memory: Uint8Array): Bytes {
  return {
    length: memory.length,
    async read(at, length) {
      if (at + length > memory.length) throw cutOff();
      return memory.subarray(at, at + length);
    },
  };
}

export async function bytesOfFile(file: FileHandle): Promise<Bytes> {
  const { size } = await file.stat();
  return {
    length: size,
    async read(at, length) {
      if (at + length > size) throw cutOff();
      const bytes = new Uint8Array(length);
      for (let filled = 0; filled < length; ) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
        if (bytesRead === 0) throw cutOff();
        filled += bytesRead;
      }
      return bytes;
    },
  };
}

interface PlacedMessage {
  readonly message: Message;
  readonly body: Uint8Array;
  /** Where the next message begins. */
  readonly end: number;
}

/** The dictionaries seen so far, and what each column of them is. */
class DictionaryStore {
  readonly words = new Map<bigint, readonly Data[]>();
  readonly #fields = new Map<bigint, StoredField>();

  constructor({ fields }: StoredSchema) {
    const note = (field: StoredField) => {
      if (field.dictionary !== null) this.#fields.set(field.dictionary.id, field);
      field.children.forEach(note);
    };
    fields.forEach(note);
  }

  add({ message, body }: PlacedMessage): void {
    const header = message.header(new DictionaryBatch()) as DictionaryBatch;
    const field = this.#fields.get(header.id());
    // of a column that is not there nothing is wanted
    if (field === undefined) return;
    const batch = header.data() as StoredBatch;
    const words = loadWords(field, { batch, body, version: message.version() }, this.words);
    const known = header.isDelta() ? (this.words.get(header.id()) ?? []) : [];
    this.words.set(header.id(), withPart(known, words));
  }
}

async function openStream(bytes: Bytes): Promise<ArrowReader> {
  const first = await readMessage(bytes, 0);
  if (first?.message.headerType() !== MessageHeader.Schema) throw new Error("it begins with no Arrow schema");
  const stored = readStoredSchema(first.message.header(new StoredSchemaTable()) as StoredSchemaTable);
  return {
    schema: stored.schema,
    isLowered: stored.isLowered,
    async *batches() {
      const dictionaries = new DictionaryStore(stored);
      for (let next = await readMessage(bytes, first.end); next !== null; next = await readMessage(bytes, next.end)) {
        const type = next.message.headerType();
        if (type === MessageHeader.DictionaryBatch) dictionaries.add(next);
        else if (type === MessageHeader.RecordBatch) yield batchOf(stored, next, dictionaries);
      }
    },
  };
}

async function openFileFormat(bytes: Bytes): Promise<ArrowReader> {
  const tailBytes = 4 + MAGIC.length;
  const tail = Buffer.from(await bytes.read(Math.max(0, bytes.length - tailBytes), tailBytes));
  if (tail.toString("latin1", 4) !== MAGIC) throw cutOff();
  const footerBytes = tail.readInt32LE(0);
  if (footerBytes <= 0 || footerBytes > bytes.length - tailBytes) throw cutOff();
  const footer = Footer.getRootAsFooter(
    new ByteBuffer(await bytes.read(bytes.length - tailBytes - footerBytes, footerBytes)),
  );
  const table = footer.schema();
  if (table === null) throw new Error("it holds no Arrow schema");
  const stored = readStoredSchema(table);
  return {
    schema: stored.schema,
    isLowered: stored.isLowered,
    async *batches() {
      const dictionaries = new DictionaryStore(stored);
      for (let i = 0; i < footer.dictionariesLength(); i++)
        dictionaries.add(await messageAt(bytes, Number(footer.dictionaries(i)?.offset())));
      for (let i = 0; i < footer.recordBatchesLength(); i++)
        yield batchOf(stored, await messageAt(bytes, Number(footer.recordBatches(i)?.offset())), dictionaries);
    },
  };
}

function batchOf(stored: StoredSchema, { message, body }: PlacedMessage, dictionaries: DictionaryStore): RecordBatch {
  const batch = message.header(new StoredBatch()) as StoredBatch;
  return loadBatch(stored, { batch, body, version: message.version() }, dictionaries.words);
}

async function messageAt(bytes: Bytes, at: number): Promise<PlacedMessage> {
  const found = await readMessage(bytes, at);
  if (found === null) throw cutOff();
  return found;
}

/** The message that begins there; null at the stream's end, marked or not. */
async function readMessage(bytes: Bytes, at: number): Promise<PlacedMessage | null> {
  if (at >= bytes.length) return null;
  const first = await readInt32(bytes, at);
  // before version 0.15 the length stood there at once
  const lengthAt = first === -1 ? at + 4 : at;
  const metadataBytes = first === -1 ? await readInt32(bytes, lengthAt) : first;
  if (metadataBytes === 0) return null;
  const start = lengthAt + 4;
  if (metadataBytes < 0 || start + metadataBytes > bytes.length) throw cutOff();
  const message = Message.getRootAsMessage(new ByteBuffer(await bytes.read(start, metadataBytes)));
  const bodyBytes = Number(message.bodyLength());
  const end = start + metadataBytes + bodyBytes;
  if (bodyBytes < 0 || end > bytes.length) throw cutOff();
  return { message, body: await bytes.read(start + metadataBytes, bodyBytes), end };
}

async function readInt32(bytes: Bytes, at: number): Promise<number> {
  const four = await bytes.read(at, 4);
  return new DataView(four.buffer, four.byteOffset).getInt32(0, true);
}

function cutOff(): Error {
  return new Error("it is cut off or no Arrow data");
}
