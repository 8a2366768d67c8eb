import { InputError } from "../../errors.js";

type Fields = Readonly<Record<string, unknown>>;

/** How a schema of another library is known, and what gives its JSON Schema. */
const LIBRARIES: readonly {
  readonly name: string;
  readonly isOne: (schema: Fields) => boolean;
  readonly advice: string;
}[] = [
  {
    name: "zod 3",
    isOne: (schema) => isFields(schema._def) && "typeName" in schema._def,
    advice:
      'build it with zod 4 (import from "zod/v4" or a newer zod), or give zodToJsonSchema(schema) of the package zod-to-json-schema',
  },
  {
    name: "joi",
    isOne: (schema) => "$_root" in schema || "_ids" in schema,
    advice: 'give parse(schema, "json") of the package joi-to-json',
  },
  {
    name: "yup",
    isOne: (schema) => schema.__isYupSchema__ === true,
    advice: "give convertSchema(schema) of the package @sodaru/yup-to-json-schema",
  },
  {
    name: "valibot",
    isOne: (schema) => vendorOf(schema) === "valibot" || (schema.kind === "schema" && "~run" in schema),
    advice: "give toJsonSchema(schema) of the package @valibot/to-json-schema",
  },
  {
    name: "arktype",
    isOne: (schema) => vendorOf(schema) === "arktype" || typeof schema.toJsonSchema === "function",
    advice: "give schema.toJsonSchema()",
  },
  {
    name: "effect",
    isOne: (schema) => vendorOf(schema) === "effect" || (isFields(schema.ast) && "_tag" in schema.ast),
    advice: "give JSONSchema.make(schema) of the package effect",
  },
];

/** A line for a schema that is no JSON Schema but some library's, with what to do. */
export function foreignSchema(schema: unknown): InputError {
  const known = LIBRARIES.find(({ isOne }) => isOne(schema as Fields));
  const vendor = known?.name ?? vendorOf(schema as Fields);
  const what = vendor === null ? "an object with a class or functions of its own" : `a schema of ${vendor}`;
  return new InputError(
    "ROWMILL_INVALID_SCHEMA",
    `The output schema is ${what}, not JSON Schema: ${known?.advice ?? "give the JSON Schema that its library makes of it, or a zod 4 schema"}.`,
  );
}

/** Whether a value is an object as JSON has them: without a class, in any realm. */
export function isPlainObject(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether this is plainly another library's schema, though its objects are plain. */
export function isForeign(schema: object): boolean {
  return LIBRARIES.some(({ isOne }) => isOne(schema as Fields));
}

function vendorOf(schema: Fields): string | null {
  const standard = schema["~standard"];
  return isFields(standard) && typeof standard.vendor === "string" ? standard.vendor : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
