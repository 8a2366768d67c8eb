import {
  type Data,
  DataType,
  DateDay,
  DateUnit,
  Decimal,
  type Field,
  type RecordBatch,
  Schema,
  TimeMillisecond,
  TimestampMillisecond,
  TimeUnit,
  Utf8,
} from "apache-arrow";
import {
  batchOfColumns,
  DAY_MS,
  dataOf,
  packValidity,
  plainData,
  promptText,
  setUnscaled,
  unscaledAt,
  validity,
  withChildren,
  withType,
} from "../data/index.js";
import { InputError } from "../errors.js";

/** The most digits of a decimal, in Parquet as in Arrow, and the most that 128 bits hold. */
const DECIMAL_DIGITS = 76;
const NARROW_DIGITS = 38;

/** A record batch as Parquet can hold it; parquet-wasm writes bare integers for some of what it can't, and fails for the rest.
 *  Values stay what they are: seconds become milliseconds, days counted in milliseconds days, decimals with a negative
 *  scale lose it and get as many digits more. What has no like in Parquet becomes text: unions, structs without fields and
 *  wider decimals as JSON writes them, intervals as ISO 8601.
 *  @throws {InputError} ROWMILL_TIME_RANGE for seconds beyond 64 bits of milliseconds, and a time of day in a date */
export function storableBatch(batch: RecordBatch): RecordBatch {
  const fields = batch.schema.fields.map(storableField);
  if (fields.every((field: Field, i: number) => field === batch.schema.fields[i])) return batch;
  const columns = fields.map((field: Field, i: number) => storable(batch.data.children[i] as Data, field.name));
  const schema = new Schema(fields, batch.schema.metadata);
  return batchOfColumns(schema, batch.numRows, columns);
}

function storableField(field: Field): Field {
  const type = storableType(field.type);
  return type === field.type ? field : field.clone({ type });
}

function storableType(type: DataType): DataType {
  if (DataType.isTimestamp(type) && type.unit === TimeUnit.SECOND) return new TimestampMillisecond(type.timezone);
  if (DataType.isTime(type) && type.unit === TimeUnit.SECOND) return new TimeMillisecond();
  if (DataType.isDate(type) && type.unit === DateUnit.MILLISECOND) return new DateDay();
  if (DataType.isDecimal(type) && type.scale < 0) {
    const digits = type.precision - type.scale;
    return digits > DECIMAL_DIGITS ? new Utf8() : new Decimal(0, digits, digits > NARROW_DIGITS ? 256 : 128);
  }
  const fields = (type.children ?? []) as Field[];
  if (DataType.isInterval(type) || DataType.isUnion(type) || (DataType.isStruct(type) && fields.length === 0))
    return new Utf8();
  const inner = fields.map(storableField);
  return inner.every((field, i) => field === fields[i]) ? type : withChildren(type, inner);
}

/** @param column  its name, for messages */
function storable(data: Data, column: string): Data {
  const to = storableType(data.type);
  if (to === data.type) return data;
  if (DataType.isUtf8(to)) return asTexts(data);
  const as = (values: unknown) => withType(data, to, { values });
  if (DataType.isTimestamp(to)) return as(scaled(data, 1000n, column));
  if (DataType.isTime(to)) return as((data.values as Int32Array).map((seconds) => seconds * 1000));
  if (DataType.isDate(to)) return as(wholeDays(data, column));
  if (DataType.isDecimal(to)) return as(withoutScale(data, to));
  return withType(data, to, { children: data.children.map((child) => storable(child, column)) });
}

function asTexts(data: Data): Data {
  const texts = plainData(data).map((value) => (value === null ? null : Buffer.from(promptText(value) as string)));
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach((text, i) => {
    offsets[i + 1] = (offsets[i] as number) + (text?.length ?? 0);
  });
  const { bits, nullCount } = packValidity(texts.length, (i) => texts[i] !== null);
  const values = Buffer.concat(texts.filter((text) => text !== null));
  return dataOf(new Utf8(), texts.length, nullCount, { offsets, values: new Uint8Array(values), bits });
}

function scaled(data: Data, factor: bigint, column: string): BigInt64Array {
  const isValid = validity(data);
  return (data.values as BigInt64Array).map((value, i) => {
    const product = isValid(i) ? value * factor : 0n;
    if (BigInt.asIntN(64, product) === product) return product;
    throw outOfRange(column, `a time ${value} seconds from 1970, and Parquet counts milliseconds in 64 bits`);
  });
}

function wholeDays(data: Data, column: string): Int32Array {
  const isValid = validity(data);
  return Int32Array.from({ length: data.length }, (_, i) => {
    if (!isValid(i)) return 0;
    const value = (data.values as BigInt64Array)[i] as bigint;
    const days = value / DAY_MS;
    if (days * DAY_MS === value && BigInt.asIntN(32, days) === days) return Number(days);
    throw outOfRange(column, `a date ${value} milliseconds from 1970, and Parquet counts days in 32 bits`);
  });
}

function withoutScale(data: Data, to: Decimal): Uint32Array {
  const { scale, bitWidth } = data.type as Decimal;
  const factor = 10n ** BigInt(-scale);
  const words = new Uint32Array((data.length * to.bitWidth) / 32);
  for (let i = 0; i < data.length; i++)
    setUnscaled(words, i, to.bitWidth, unscaledAt(data.values as Uint32Array, i, bitWidth) * factor);
  return words;
}

function outOfRange(column: string, what: string): InputError {
  return new InputError(
    "ROWMILL_TIME_RANGE",
    `The column "${column}" holds ${what}. Take .arrow, .jsonl, .json, .csv or .tsv, which keep it.`,
  );
}
