import {
  Binary,
  Bool,
  type DataType,
  Date_,
  type DateUnit,
  Decimal,
  Duration,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float,
  Int,
  Int32,
  Interval,
  type IntervalUnit,
  LargeBinary,
  LargeList,
  LargeUtf8,
  List,
  Map_,
  Null,
  type Precision,
  Schema,
  Struct,
  Time,
  Timestamp,
  type TimeUnit,
  Union,
  type UnionMode,
  Utf8,
} from "apache-arrow";
import { Date as StoredDate } from "apache-arrow/fb/date";
import { Decimal as StoredDecimal } from "apache-arrow/fb/decimal";
import { Duration as StoredDuration } from "apache-arrow/fb/duration";
import { Endianness } from "apache-arrow/fb/endianness";
import type { Field as StoredFieldTable } from "apache-arrow/fb/field";
import { FixedSizeBinary as StoredFixedSizeBinary } from "apache-arrow/fb/fixed-size-binary";
import { FixedSizeList as StoredFixedSizeList } from "apache-arrow/fb/fixed-size-list";
import { FloatingPoint as StoredFloat } from "apache-arrow/fb/floating-point";
import { Int as StoredInt } from "apache-arrow/fb/int";
import { Interval as StoredInterval } from "apache-arrow/fb/interval";
import type { KeyValue } from "apache-arrow/fb/key-value";
import { Map as StoredMap } from "apache-arrow/fb/map";
import type { Schema as StoredSchemaTable } from "apache-arrow/fb/schema";
import { Time as StoredTime } from "apache-arrow/fb/time";
import { Timestamp as StoredTimestamp } from "apache-arrow/fb/timestamp";
import { Type } from "apache-arrow/fb/type";
import { Union as StoredUnion } from "apache-arrow/fb/union";

/** How a column's buffers lie in a message. */
export type Layout =
  | "null"
  | "fixed"
  | "variable"
  | "view"
  | "list"
  | "listView"
  | "largeListView"
  | "children"
  | "union"
  | "runEnds";

/** A column as an IPC schema has it, and the field that it is read as: list views are lists, views of texts and bytes the
 *  texts and bytes, run-end-encoded and dictionary columns their values. */
export interface StoredField {
  readonly field: Field;
  readonly layout: Layout;
  readonly children: readonly StoredField[];
  readonly dictionary: { readonly id: bigint; readonly keys: Int } | null;
}

export interface StoredSchema {
  readonly schema: Schema;
  /** Whether any column is read as another type than it has. */
  readonly isLowered: boolean;
  readonly fields: readonly StoredField[];
}

/** Reads the schema of an IPC stream or file. Own code beside apache-arrow's, which refuses a whole table for one column that is
 *  a list view or run-end-encoded.
 *  @throws {Error} a type that came after this was written, big-endian numbers */
export function readStoredSchema(table: StoredSchemaTable): StoredSchema {
  if (table.endianness() === Endianness.Big) throw new Error("its numbers are big-endian");
  const fields = Array.from({ length: table.fieldsLength() }, (_, i) => readField(table.fields(i) as StoredFieldTable));
  const metadata = readMetadata(table);
  return {
    schema: new Schema(
      fields.map(({ field }) => field),
      metadata,
    ),
    fields,
    isLowered: fields.some(isLowered),
  };
}

function readField(table: StoredFieldTable): StoredField {
  const children = Array.from({ length: table.childrenLength() }, (_, i) =>
    readField(table.children(i) as StoredFieldTable),
  );
  const { type, layout } = readType(table, children);
  const encoding = table.dictionary();
  const keys = encoding?.indexType() ?? null;
  const dictionary =
    encoding === null
      ? null
      : {
          id: encoding.id(),
          keys: keys === null ? new Int32() : new Int(keys.isSigned() as true, keys.bitWidth() as 32),
        };
  const metadata = readMetadata(table);
  if (isLowered({ dictionary, layout, children })) for (const key of EXTENSION_KEYS) metadata.delete(key);
  const field = new Field(table.name() ?? "", type, table.nullable() || layout === "runEnds", metadata);
  return { field, layout, children, dictionary };
}

/** An extension type says how it is stored: what is stored otherwise is no longer one. */
const EXTENSION_KEYS = ["ARROW:extension:name", "ARROW:extension:metadata"] as const;

const LOWERED: ReadonlySet<Layout> = new Set(["view", "listView", "largeListView", "runEnds"]);

function isLowered({ dictionary, layout, children }: Omit<StoredField, "field">): boolean {
  return dictionary !== null || LOWERED.has(layout) || children.some(isLowered);
}

interface WithMetadata {
  customMetadata(index: number): KeyValue | null;
  customMetadataLength(): number;
}

function readMetadata(table: WithMetadata): Map<string, string> {
  const metadata = new Map<string, string>();
  for (let i = 0; i < table.customMetadataLength(); i++) {
    const entry = table.customMetadata(i);
    const key = entry?.key() ?? null;
    if (key !== null) metadata.set(key, entry?.value() ?? "");
  }
  return metadata;
}

function readType(table: StoredFieldTable, children: readonly StoredField[]): { type: DataType; layout: Layout } {
  const fields = children.map(({ field }) => field);
  const [only] = fields as [Field];
  const as = (layout: Layout, type: DataType) => ({ type, layout });
  switch (table.typeType()) {
    case Type.Null:
      return as("null", new Null());
    case Type.Bool:
      return as("fixed", new Bool());
    case Type.Int: {
      const int = table.type(new StoredInt()) as StoredInt;
      return as("fixed", new Int(int.isSigned() as true, int.bitWidth() as 32));
    }
    case Type.FloatingPoint:
      return as("fixed", new Float((table.type(new StoredFloat()) as StoredFloat).precision() as number as Precision));
    case Type.Decimal: {
      const decimal = table.type(new StoredDecimal()) as StoredDecimal;
      return as("fixed", new Decimal(decimal.scale(), decimal.precision(), decimal.bitWidth()));
    }
    case Type.Date:
      return as("fixed", new Date_((table.type(new StoredDate()) as StoredDate).unit() as number as DateUnit));
    case Type.Time: {
      const time = table.type(new StoredTime()) as StoredTime;
      return as("fixed", new Time(time.unit() as number as TimeUnit, time.bitWidth() as 32));
    }
    case Type.Timestamp: {
      const timestamp = table.type(new StoredTimestamp()) as StoredTimestamp;
      return as("fixed", new Timestamp(timestamp.unit() as number as TimeUnit, timestamp.timezone()));
    }
    case Type.Duration:
      return as(
        "fixed",
        new Duration((table.type(new StoredDuration()) as StoredDuration).unit() as number as TimeUnit),
      );
    case Type.Interval:
      return as(
        "fixed",
        new Interval((table.type(new StoredInterval()) as StoredInterval).unit() as number as IntervalUnit),
      );
    case Type.FixedSizeBinary:
      return as(
        "fixed",
        new FixedSizeBinary((table.type(new StoredFixedSizeBinary()) as StoredFixedSizeBinary).byteWidth()),
      );
    case Type.Binary:
      return as("variable", new Binary());
    case Type.LargeBinary:
      return as("variable", new LargeBinary());
    case Type.Utf8:
      return as("variable", new Utf8());
    case Type.LargeUtf8:
      return as("variable", new LargeUtf8());
    case Type.BinaryView:
      return as("view", new Binary());
    case Type.Utf8View:
      return as("view", new Utf8());
    case Type.List:
      return as("list", new List(only));
    case Type.LargeList:
      return as("list", new LargeList(only));
    case Type.ListView:
      return as("listView", new List(only));
    case Type.LargeListView:
      return as("largeListView", new LargeList(only));
    case Type.FixedSizeList:
      return as(
        "children",
        new FixedSizeList((table.type(new StoredFixedSizeList()) as StoredFixedSizeList).listSize(), only),
      );
    case Type.Map:
      return as("list", new Map_(only as Field<Struct>, (table.type(new StoredMap()) as StoredMap).keysSorted()));
    case Type.Struct_:
      return as("children", new Struct(fields));
    case Type.Union: {
      const union = table.type(new StoredUnion()) as StoredUnion;
      const kinds = union.typeIdsArray() ?? Int32Array.from(fields.keys());
      return as("union", new Union(union.mode() as number as UnionMode, kinds, fields));
    }
    case Type.RunEndEncoded:
      return as("runEnds", (fields[1] as Field).type);
    default:
      throw new Error(`the column "${table.name() ?? ""}" is of a type that is not known (${table.typeType()})`);
  }
}
