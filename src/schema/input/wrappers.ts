import { isKeywordMap, type KeywordMap } from "../document/index.js";

/** A wrapper that an API takes a schema in: the key that holds it, and the keys that may stand beside that one. */
interface Wrapper {
  readonly of: string;
  readonly key: string;
  readonly beside: readonly string[];
  /** One of these must be there, so that a bare `{"parameters": …}` is not taken for a wrapper. */
  readonly needs: readonly string[];
}

const WRAPPERS: readonly Wrapper[] = [
  { of: "a request", key: "response_format", beside: [], needs: [] },
  { of: "OpenAI's response format", key: "json_schema", beside: ["type"], needs: [] },
  { of: "OpenAI's response format", key: "schema", beside: ["type", "name", "strict", "description"], needs: [] },
  { of: "a tool", key: "function", beside: ["type"], needs: ["type"] },
  {
    of: "a tool",
    key: "parameters",
    beside: ["type", "name", "strict", "description"],
    needs: ["name"],
  },
  {
    of: "Anthropic's tool",
    key: "input_schema",
    beside: ["type", "name", "description", "strict", "cache_control"],
    needs: [],
  },
  {
    of: "an MCP tool",
    key: "inputSchema",
    beside: ["name", "title", "description", "annotations", "outputSchema", "_meta"],
    needs: [],
  },
];
/** What `type` says in a wrapper. */
const WRAPPER_TYPES: ReadonlySet<unknown> = new Set(["json_schema", "function", "custom"]);
/** A schema in a response format in a request. */
const DEEPEST_WRAPPING = 3;

/** A schema without the wrappers that APIs of language models take it in, and what they were, for people; null where the schema
 *  came bare. A wrapper is an object of nothing but a wrapper's keys, so that no JSON Schema is one. */
export function unwrapSchema(schema: unknown): { readonly schema: unknown; readonly wrapper: string | null } {
  let inner = schema;
  let wrapper: string | null = null;
  for (let depth = 0; depth < DEEPEST_WRAPPING; depth++) {
    const found = isKeywordMap(inner) ? WRAPPERS.find((one) => isWrapper(inner as KeywordMap, one)) : undefined;
    if (found === undefined) break;
    wrapper = `${found.of} ({${Object.keys(inner as KeywordMap).join(", ")}})`;
    inner = (inner as KeywordMap)[found.key];
  }
  return { schema: inner, wrapper };
}

function isWrapper(value: KeywordMap, { key, beside, needs }: Wrapper): boolean {
  if (!isKeywordMap(value[key])) return false;
  if ("type" in value && !WRAPPER_TYPES.has(value.type)) return false;
  const others = Object.keys(value).filter((other) => other !== key);
  return others.every((other) => beside.includes(other)) && needs.every((other) => others.includes(other));
}
