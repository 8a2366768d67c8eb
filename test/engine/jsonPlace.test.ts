import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonValue } from "../../src/engine/local/nodeLlamaCpp/jsonPlace.js";

const restOf = (json: string, path: string[]) => {
  const place = findJsonValue(
    json,
    path.map((name) => [JSON.stringify(name)]),
  );
  return place === null ? null : json.slice(place);
};

test("a member's value is found behind others, whatever they hold", () => {
  expect(restOf('{"x":{"a":1,"y":[{"a":2}]},"a":3}', ["a"])).toBe("3}");
  expect(restOf('{ \n"x" : "\\"a\\": 1, }]" ,\t"a": {"b":null}}', ["a", "b"])).toBe("null}}");
  expect(restOf('{"b":{"a":1}}', ["a"])).toBeNull();
  expect(restOf("[1]", ["a"])).toBeNull();
  expect(restOf(" true", [])).toBe("true");
  expect(restOf(" ", [])).toBeNull();
  expect(findJsonValue('{"\\u00e9":7}', [['"é"', '"\\u00e9"']])).toBe(10);
});

test("every member of any object is found, also in text that is cut behind it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(4), (object, indent) => {
      const json = JSON.stringify(object, null, indent);
      for (const name of Object.keys(object)) {
        const place = findJsonValue(json, [[JSON.stringify(name)]]) as number;
        const text = JSON.stringify(JSON.parse(json)[name], null, indent);
        expect(json.slice(place).replace(/\s/g, "").startsWith(text.replace(/\s/g, ""))).toBe(true);
        expect(findJsonValue(json.slice(0, place + 1), [[JSON.stringify(name)]])).toBe(place);
      }
    }),
  );
});
