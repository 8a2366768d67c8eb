import { createRequire } from "node:module";
import formatsPlugin, { type FormatName } from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dfa } from "../../../src/language/automata/dfa.js";
import { formatExpression, isStandardFormat } from "../../../src/language/strings/formats.js";
import {
  compileStrings,
  isStringIn,
  type StringLiteral,
  UnsupportedString,
} from "../../../src/language/strings/stringLanguage.js";
import { randomFrom } from "../../grammar/grammarTexts.js";

const { Ajv2020 } = createRequire(import.meta.url)("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");

const AJV: readonly FormatName[] = [
  "date",
  "time",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uri",
  "uri-reference",
  "uri-template",
  "uuid",
  "json-pointer",
  "relative-json-pointer",
];

function isForAjv(name: string): (value: string) => boolean {
  const ajv = new Ajv2020();
  formatsPlugin.default(ajv);
  const validate = ajv.compile({ format: name });
  return (value) => validate(value) as boolean;
}

function of(name: string, isNegated = false): StringLiteral[] {
  return [{ facet: { kind: "format", name }, isNegated }];
}

/** A random string of an automaton, that heads for its end after some characters. */
function stringFrom(dfa: Dfa, random: () => number, patience: number): string {
  const distance = new Map<number, number>();
  const ends = [...dfa.accepting.keys()].filter((state) => dfa.accepting[state] === 1);
  for (const state of ends) distance.set(state, 0);
  for (let round = 1; distance.size < dfa.stateCount; round++) {
    for (let state = 0; state < dfa.stateCount; state++) {
      if (distance.has(state)) continue;
      const targets = edgesOf(dfa, state).map(([, , target]) => distance.get(target) ?? Number.POSITIVE_INFINITY);
      if (Math.min(...targets) === round - 1) distance.set(state, round);
    }
  }
  let text = "";
  for (let state = 0, count = 0; ; count++) {
    if (dfa.accepting[state] === 1 && (count >= patience || random() < 0.1)) return text;
    const edges = edgesOf(dfa, state);
    const nearest = [...edges].sort((a, b) => distance.get(a[2])! - distance.get(b[2])!)[0];
    const edge = count >= patience ? nearest : edges[Math.floor(random() * edges.length)];
    if (edge === undefined) return text;
    text += String.fromCodePoint(edge[0] + Math.floor(random() * (Math.min(edge[1], edge[0] + 60) - edge[0] + 1)));
    state = edge[2];
  }
}

function edgesOf({ offsets, edges }: Dfa, state: number): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (let at = offsets[state]!; at < offsets[state + 1]!; at += 3)
    found.push([edges[at]!, edges[at + 1]!, edges[at + 2]!]);
  return found;
}

describe("the strings of a format", () => {
  test.each(AJV)("%s are ones for Ajv too, and those that must not be of it are none for Ajv", (name) => {
    const isOne = isForAjv(name);
    const random = randomFrom(11);
    const own = compileStrings(of(name))!.automaton!;
    const others = compileStrings(of(name, true))!.automaton!;
    for (let count = 0; count < 300; count++) {
      const text = stringFrom(own, random, count % 60);
      expect([text, isOne(text)]).toEqual([text, true]);
      const other = stringFrom(others, random, count % 40);
      expect([other, isOne(other)]).toEqual([other, false]);
    }
  });

  test.each(AJV)("%s changed in one character are judged no wider than Ajv does", (name) => {
    const isOne = isForAjv(name);
    const own = compileStrings(of(name))!.automaton!;
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.constantFrom(..."a0Z.:/-+@%[]{}~é "),
        fc.boolean(),
        (seed, place, char, isInsert) => {
          const text = [...stringFrom(own, randomFrom(seed), 25)];
          const at = place % (text.length + 1);
          const changed = text.toSpliced(at, isInsert ? 0 : 1, char).join("");
          if (isStringIn(of(name), changed)) expect([changed, isOne(changed)]).toEqual([changed, true]);
          if (isStringIn(of(name, true), changed)) expect([changed, isOne(changed)]).toEqual([changed, false]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each<[string, string[], string[]]>([
    ["date", ["2024-02-29", "1999-12-31"], ["2023-02-29", "2024-13-01", "24-01-01"]],
    [
      "time",
      ["12:00:00Z", "23:59:60Z", "08:30:06.283185123456+02:00"],
      ["12:00:00", "24:00:00Z", "22:59:60Z", "12:00:00+0200"],
    ],
    ["date-time", ["1990-12-31T23:59:59Z", "2020-01-01t00:00:00.5z"], ["2020-01-01 00:00:00Z", "2020-02-30T00:00:00Z"]],
    ["duration", ["P4DT12H30M5S", "P4Y", "PT0S", "P1M", "PT36H", "P4W"], ["P", "PT", "P1Y1D", "P1D2H", "4DT", "P1W2D"]],
    [
      "email",
      ["joe.bloggs@example.com", "te~st@a-b.example"],
      [".a@example.com", "a..b@example.com", "joe@", "a b@c.d"],
    ],
    ["idn-email", ["실례@실례.테스트", "a@b"], ["@b", "a@", "a b@c"]],
    [
      "hostname",
      ["www.example.com", "a", `${"a".repeat(63)}.com`, "1.2.3.4.5.6.7.8"],
      ["-a", "a-", "a..b", "a_b", "a".repeat(64), ""],
    ],
    ["idn-hostname", ["실례.테스트", "www.example.com", "bücher.example"], ["〮실례", "-실례", "実..例", "ü".repeat(64)]],
    ["ipv4", ["192.168.0.1"], ["256.1.1.1", "1.2.3", "01.2.3.4"]],
    [
      "ipv6",
      ["::1", "1::", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "a:b:c::1:2"],
      ["1::2::3", "12345::", "1:2:3:4:5:6:7", ":1", "::1%eth0"],
    ],
    [
      "uri",
      ["https://user@[::1]:80/a?b#c", "urn:a:b", "mailto:a@b.c", "http://a/%20"],
      ["//a", "a", "http://a b", "http://[1", "http://a/%2"],
    ],
    ["uri-reference", ["/a/b", "", "?q", "#f", "a/b:c", "//h/p", "http://h"], ["a b", "\\\\x", "#a#b", "1:b"]],
    [
      "iri",
      ["http://ƒøø.ßår/?∂éœ=πîx#πîüx", "http://[2001:db8::1]"],
      ["/abc", "http://2001:0db8:85a3:0000:0000:8a2e:0370:7334", "a"],
    ],
    ["iri-reference", ["//ƒøø/p", "/âππ", "#ƒrägmênt", ""], ["\\\\WINDOWS\\filëßåré", "#ƒräg\\mênt"]],
    [
      "uuid",
      ["2EB8AA08-aa98-11ea-b4aa-73b441d16380"],
      ["2eb8aa08-aa98-11ea-b4aa-73b441d1638", "urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
    ],
    ["uri-template", ["http://e.com/{term:1}/{+x,y*}", "{?q}", "a😀"], ["{", "{}", "a b", "{a:0}"]],
    ["json-pointer", ["", "/a~0b~1/0", "/"], ["a", "/~", "/~2"]],
    ["relative-json-pointer", ["0", "12/a", "1#"], ["01", "/a", "#", "-1"]],
  ])("%s are told from others", (name, right, wrong) => {
    expect(right.filter((text) => !isStringIn(of(name), text))).toEqual([]);
    expect(wrong.filter((text) => isStringIn(of(name), text))).toEqual([]);
    expect(right.filter((text) => isStringIn(of(name, true), text))).toEqual([]);
  });

  test("a format that no standard defines says nothing, and its opposite holds for nothing", () => {
    expect(isStandardFormat("int32")).toBe(false);
    expect(formatExpression("constructor")).toBeUndefined();
    expect(compileStrings(of("int32"))).toEqual({ automaton: null, min: 0, max: null });
    expect(compileStrings(of("int32", true))).toBeNull();
  });

  test("regex are regular expressions for the runtime, and most of them are known to be", () => {
    const own = compileStrings(of("regex"))!.automaton!;
    const random = randomFrom(5);
    for (let count = 0; count < 100; count++) {
      const text = stringFrom(own, random, count % 50);
      expect([text, isStringIn(of("regex"), text)]).toEqual([text, true]);
    }
    const known = [
      "^[a-z0-9-_]+$",
      "(?:a|b){2,10}?",
      "\\p{Lu}\\d\\u{1F600}",
      "((?!x).)*",
      "[\\]\\\\-]",
      "\\x41[\\x00-\\x1f]",
      "",
    ];
    expect(known.filter((text) => !own.accepts(text))).toEqual([]);
    const wrong = ["(", "a{2,1}", "[z-a]", "\\", "^*", "]", "\\-", "(?i)a", "\\1", "[\\w-a]"];
    expect(wrong.filter((text) => own.accepts(text) || isStringIn(of("regex"), text))).toEqual([]);
    expect(() => compileStrings(of("regex", true))).toThrow(UnsupportedString);
  });
});
