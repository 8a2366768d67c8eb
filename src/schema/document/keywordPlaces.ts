import { DATA, NAMING } from "./schemaIndex.js";
import { isKeywordMap, stepPointer } from "./schemaNode.js";

/** Where a schema says the given keywords: "enum at #/properties/label", in the schema's order. */
export function keywordPlaces(schema: unknown, keywords: ReadonlySet<string>): string[] {
  const places: string[] = [];
  const walk = (value: unknown, pointer: string, isNames: boolean): void => {
    if (Array.isArray(value)) {
      for (const [index, child] of value.entries()) walk(child, stepPointer(pointer, index), false);
      return;
    }
    if (!isKeywordMap(value)) return;
    for (const [key, child] of Object.entries(value)) {
      if (!isNames && keywords.has(key)) places.push(`${key} at ${pointer}`);
      if (isNames || !DATA.has(key)) walk(child, stepPointer(pointer, key), !isNames && NAMING.has(key));
    }
  };
  walk(schema, "#", false);
  return places;
}
