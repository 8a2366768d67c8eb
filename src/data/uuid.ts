import { DataType, type Field } from "apache-arrow";

const UUID_BYTES = 16;
/** The key of Arrow's canonical extension types, and the name of this one. */
const EXTENSION_KEY = "ARROW:extension:name";
const EXTENSION = "arrow.uuid";

/** Whether a column of bytes says that it holds UUIDs. */
export function isUuid({ type, metadata }: Field): boolean {
  return DataType.isFixedSizeBinary(type) && type.byteWidth === UUID_BYTES && metadata.get(EXTENSION_KEY) === EXTENSION;
}

/** The column as one that says so, where its bytes may be UUIDs. */
export function asUuid(field: Field): Field {
  if (!DataType.isFixedSizeBinary(field.type) || field.type.byteWidth !== UUID_BYTES) return field;
  return field.clone({ metadata: new Map([...field.metadata, [EXTENSION_KEY, EXTENSION]]) });
}

/** RFC 9562: 11111111-2222-3333-4444-555555555555. */
export function uuidText(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
