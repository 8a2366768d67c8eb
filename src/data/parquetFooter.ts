import { DataType, RecordBatchStreamWriter, Schema, Timestamp, TimeUnit } from "apache-arrow";
import { mapLeaves } from "./arrowLower.js";
import { bytesOfMemory, openMessages } from "./arrowMessages.js";
import type { ByteLeaves } from "./parquetLeaves.js";
import { ThriftReader } from "./thrift.js";

/** A Parquet file as parquet-wasm reads it rightly. */
export interface ReadableParquet {
  readonly blob: Blob;
  readonly leaves: ByteLeaves;
}

const TAIL_BYTES = 8;
/** ConvertedType of the Parquet format. */
const INTERVAL = 21;

/** Changes a file's footer, in memory, where parquet-wasm 0.8 would fail or answer wrongly:
 *
 *  - The Arrow schema that writers leave there names layouts that it does not know (list views) or panics on (dictionaries
 *    as polars writes them). It is told the types of the values instead, and all other columns keep theirs.
 *  - Writers that count a time zone's seconds as milliseconds leave seconds in that schema, over which it forgets the zone.
 *  - Of INTERVAL columns without such a schema (DuckDB's) it drops the months. They are read as bytes.
 *  - It does not say which bytes are UUIDs; their columns are named beside the file.
 *
 *  @throws {Error} a damaged footer */
export async function readableParquet(blob: Blob): Promise<ReadableParquet> {
  const tail = new DataView(await blob.slice(Math.max(0, blob.size - TAIL_BYTES)).arrayBuffer());
  const footerBytes = tail.byteLength === TAIL_BYTES ? tail.getUint32(0, true) : 0;
  const start = blob.size - TAIL_BYTES - footerBytes;
  // an encrypted, cut or damaged footer is parquet-wasm's to refuse
  if (tail.byteLength < TAIL_BYTES || tail.getUint32(4, true) !== PAR1 || start < 4) return asItIs(blob);
  const footer = Buffer.from(await blob.slice(start, start + footerBytes).arrayBuffer());
  const { arrowSchema, intervals, units, uuids } = findings(footer);
  const cuts = arrowSchema === null ? intervals.map(({ cut }) => cut) : await otherSchema(arrowSchema, units);
  if (cuts.length === 0) return { blob, leaves: { intervals: new Set(), uuids } };
  const changed = applyCuts(footer, cuts);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(changed.length);
  return {
    blob: new Blob([blob.slice(0, start), changed, length, blob.slice(blob.size - 4)]),
    leaves: { intervals: new Set(arrowSchema === null ? intervals.map(({ leaf }) => leaf) : []), uuids },
  };
}

/** "PAR1" as a number. */
const PAR1 = 0x31524150;

function asItIs(blob: Blob): ReadableParquet {
  return { blob, leaves: { intervals: new Set(), uuids: new Set() } };
}

/** Bytes from `from` to `to`, which others take the place of. */
interface Cut {
  readonly from: number;
  readonly to: number;
  readonly by: Buffer;
}

interface Findings {
  /** Where the text of the Arrow schema stands, its length before it. */
  readonly arrowSchema: { readonly from: number; readonly to: number; readonly text: string } | null;
  readonly intervals: readonly { readonly leaf: number; readonly cut: Cut }[];
  /** What the leaves' timestamps are counted in. */
  readonly units: ReadonlyMap<number, TimeUnit>;
  /** The leaves that are UUIDs. */
  readonly uuids: ReadonlySet<number>;
}

/** Members of the format's TimeUnit, and of ConvertedType. */
const UNITS: ReadonlyMap<number, TimeUnit> = new Map([
  [1, TimeUnit.MILLISECOND],
  [2, TimeUnit.MICROSECOND],
  [3, TimeUnit.NANOSECOND],
]);
const TIMESTAMP_MILLIS = 9;
const TIMESTAMP_MICROS = 10;

function findings(footer: Buffer): Findings {
  const reader = new ThriftReader(footer);
  const intervals: { leaf: number; cut: Cut }[] = [];
  const units = new Map<number, TimeUnit>();
  const uuids = new Set<number>();
  let arrowSchema: Findings["arrowSchema"] = null;
  let leaf = 0;
  for (const field of reader.fields()) {
    if (field.id === 2 && field.isList) {
      for (let left = reader.listLength(); left > 0; left--) {
        const element = readElement(reader);
        if (element.intervalCut !== null) intervals.push({ leaf, cut: element.intervalCut });
        if (element.unit !== undefined) units.set(leaf, element.unit);
        if (element.isUuid) uuids.add(leaf);
        if (!element.isGroup) leaf++;
      }
    } else if (field.id === 5 && field.isList) {
      for (let left = reader.listLength(); left > 0; left--) arrowSchema = readArrowSchema(reader) ?? arrowSchema;
    } else reader.skip(field.type);
  }
  return { arrowSchema, intervals, units, uuids };
}

interface Element {
  readonly isGroup: boolean;
  /** Where it is an interval, what to take out for it to be bytes. */
  readonly intervalCut: Cut | null;
  readonly unit: TimeUnit | undefined;
  readonly isUuid: boolean;
}

function readElement(reader: ThriftReader): Element {
  let isGroup = false;
  let unit: TimeUnit | undefined;
  let isUuid = false;
  let interval: { from: number; to: number; delta: number } | null = null;
  let cut: Cut | null = null;
  for (const field of reader.fields(true)) {
    if (interval !== null && cut === null) {
      // the next field counts from the one before, unless its number is written out or it is the end's mark
      const isCounted = field.delta > 0;
      const by = isCounted ? Buffer.of(((field.delta + interval.delta) << 4) | field.type) : Buffer.alloc(0);
      cut = { from: interval.from, to: isCounted ? field.at + 1 : field.at, by };
    }
    if (field.type === 0) break;
    if (field.id === 5) isGroup = reader.integer() > 0;
    else if (field.id === 6) {
      const value = reader.integer();
      if (value === INTERVAL && field.delta > 0) interval = { from: field.at, to: reader.at, delta: field.delta };
      if (value === TIMESTAMP_MILLIS) unit = TimeUnit.MILLISECOND;
      if (value === TIMESTAMP_MICROS) unit = TimeUnit.MICROSECOND;
    } else if (field.id === 10) {
      const logical = readLogicalType(reader);
      unit = logical.unit ?? unit;
      isUuid = logical.isUuid;
    } else reader.skip(field.type);
  }
  return { isGroup, intervalCut: cut, unit, isUuid };
}

/** Members of the format's LogicalType. */
const LOGICAL_TIMESTAMP = 8;
const LOGICAL_UUID = 14;

/** What is wanted of a LogicalType: the unit of a timestamp, and whether it is a UUID. */
function readLogicalType(reader: ThriftReader): Pick<Element, "unit" | "isUuid"> {
  let unit: TimeUnit | undefined;
  let isUuid = false;
  for (const kind of reader.fields()) {
    isUuid ||= kind.id === LOGICAL_UUID;
    if (kind.id !== LOGICAL_TIMESTAMP) {
      reader.skip(kind.type);
      continue;
    }
    for (const part of reader.fields()) {
      if (part.id !== 2) reader.skip(part.type);
      else
        for (const choice of reader.fields()) {
          unit = UNITS.get(choice.id);
          reader.skip(choice.type);
        }
    }
  }
  return { unit, isUuid };
}

/** A KeyValue of the file's metadata, if its key is the Arrow schema's. */
function readArrowSchema(reader: ThriftReader): Findings["arrowSchema"] {
  let key = "";
  let value: Findings["arrowSchema"] = null;
  for (const field of reader.fields()) {
    const from = reader.at;
    if (field.id > 2) reader.skip(field.type);
    else if (field.id === 1) key = reader.text();
    else value = { from, text: reader.text(), to: reader.at };
  }
  return key === "ARROW:schema" ? value : null;
}

async function otherSchema(
  { from, to, text }: NonNullable<Findings["arrowSchema"]>,
  units: Findings["units"],
): Promise<Cut[]> {
  const { schema, isLowered } = await openMessages(bytesOfMemory(new Uint8Array(Buffer.from(text, "base64"))));
  const fields = mapLeaves(schema.fields, (field, leaf) => {
    const type: DataType = field.type;
    const unit = units.get(leaf);
    const isOther = DataType.isTimestamp(type) && unit !== undefined && type.unit !== unit;
    return isOther ? field.clone({ type: new Timestamp(unit, type.timezone) }) : field;
  });
  if (!isLowered && fields.every((field, i) => field === schema.fields[i])) return [];
  const bytes = schemaBytes(new Schema(fields, schema.metadata));
  const other = Buffer.from(Buffer.from(bytes).toString("base64"), "latin1");
  return [{ from, to, by: Buffer.concat([varint(other.length), other]) }];
}

/** A stream of no batches: the schema's message, and the end. */
function schemaBytes(schema: Schema): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  writer.finish();
  return writer.toUint8Array(true);
}

function applyCuts(bytes: Buffer, cuts: readonly Cut[]): Buffer<ArrayBuffer> {
  const parts: Buffer[] = [];
  let at = 0;
  for (const cut of cuts) {
    parts.push(bytes.subarray(at, cut.from), cut.by);
    at = cut.to;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}
