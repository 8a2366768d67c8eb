import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { endpointOf, findEndpoint } from "../src/endpoints.js";
import { readConfig } from "../src/jobs/config.js";
import { temporaryFolder } from "./rowmill/fixture.js";

const NONE = { endpoints: [] };

it.each([
  ["http://localhost:8000/v1#qwen", "http://localhost:8000/v1", "qwen"],
  ["https://gpu.example/v1/#org/Model-8B", "https://gpu.example/v1", "org/Model-8B"],
  ["http://localhost:8000/v1", "http://localhost:8000/v1", ""],
  ["http://[::1]:8000/v1#a%20b", "http://[::1]:8000/v1", "a b"],
])("%s is an endpoint", (text, url, model) => {
  expect(findEndpoint(text, NONE)).toMatchObject({ name: url, urls: [url], model, key: null });
});

it.each([
  "starter",
  "hf:user/repo:Q4_K_M",
  "/models/a.gguf",
  "https://host/model.gguf",
  "https://host/model.gguf?download=true",
])("%s is none", (text) => {
  expect(findEndpoint(text, NONE)).toBeNull();
});

it("an address with a password or a query is refused, and the password is not shown", () => {
  expect(() => findEndpoint("http://me:secret@host/v1#a", NONE)).toThrow(
    /^the address of host holds a user or a password/,
  );
  expect(() => findEndpoint("http://host/v1?key=secret#a", NONE)).toThrow(/^the address of host has a query/);
});

function config(endpoints: unknown) {
  const path = join(temporaryFolder(), "config.json");
  writeFileSync(path, JSON.stringify({ endpoints }));
  return readConfig(path);
}

it("an endpoint of config.json goes by its name, with the place of its key", () => {
  const read = config([
    {
      name: "fleet",
      urls: ["http://a:1/v1/", "http://b:1/v1"],
      model: "big",
      key: "FLEET_KEY",
      limits: { requests: 9 },
    },
    { name: "other", urls: ["http://c:1/v1"], keyFile: "/keys/other" },
  ]);
  expect(findEndpoint("fleet", read)).toEqual({
    ...{ name: "fleet", urls: ["http://a:1/v1", "http://b:1/v1"], model: "big", key: { variable: "FLEET_KEY" } },
    limits: { requests: 9, timeoutSeconds: 600, contextTokens: null },
  });
  expect(findEndpoint("other", read)?.key).toEqual({ file: "/keys/other" });
  expect(endpointOf({ endpoint: "fleet", model: "asked" }, read)).toMatchObject({ name: "fleet", model: "asked" });
  expect(() => endpointOf({ endpoint: "gone", model: "m" }, read)).toThrow(
    "the job's endpoint gone is no longer in config.json (endpoints): put it back there, or submit the rows again",
  );
});

it("a key itself has no place in config.json", () => {
  expect(() => config([{ name: "a", urls: ["http://a/v1"], key: "sk-1234" }])).toThrow(
    /"endpoints\[0\]\.key" is wrong: must be the name of an environment variable in capitals, not the key itself/,
  );
});
