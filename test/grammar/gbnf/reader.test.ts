import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { getLlama, type Llama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emitGbnf, matchesGrammar, readGbnf } from "../../../src/grammar/index.js";
import { randomFrom, sampleText } from "../grammarTexts.js";

/** The example grammars that llama.cpp comes with, in the package. */
const EXAMPLES = join(dirname(fileURLToPath(import.meta.resolve("node-llama-cpp"))), "../llama/grammars");

let llama: Llama;
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
});
afterAll(() => llama.dispose());

/** llama.cpp's own verdict on a text. */
async function judgeOf(gbnf: string): Promise<(text: string) => boolean> {
  const grammar = await llama.createGrammar({ grammar: gbnf });
  return (text) => (grammar as unknown as { _testText(text: string): boolean })._testText(text);
}

describe("a grammar in GBNF", () => {
  test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith(".gbnf")))(
    "is read as llama.cpp reads it: %s",
    async (name) => {
      const source = readFileSync(join(EXAMPLES, name), "utf8");
      const ir = readGbnf(source);
      const [original, emitted] = [await judgeOf(source), await judgeOf(emitGbnf(ir))];
      for (let seed = 1; seed <= 40; seed++) {
        const text = sampleText(ir, randomFrom(seed), 30);
        const spoilt = `${text.slice(0, -1)}\u0001`;
        for (const one of [text, spoilt]) {
          expect([one, matchesGrammar(ir, one)]).toEqual([one, original(one)]);
          expect([one, emitted(one)]).toEqual([one, original(one)]);
        }
        expect([text, original(text)]).toEqual([text, true]);
      }
    },
  );

  test.each([
    ["escapes", String.raw`root ::= "a\x41\u00e9\U0001F600\t\n\r\\\"\[\]\-"`, ['aAé😀\t\n\r\\"[]-'], ["a"]],
    ["classes", String.raw`root ::= [a-cx\-\]] [^\n"] .`, ["a!é", "-é\n", "]xx"], ["dxx", 'a"x', "a\nx"]],
    ["a dash at a class's end", "root ::= [a-]+", ["a-a", "--"], ["b"]],
    [
      "repetitions",
      'root ::= "ab"{2} "c"{1,} "d"{0,2} ("e" | "f")? "g"*',
      ["ababc", "ababcccddfgg"],
      ["abc", "ababcddd"],
    ],
    ["a repetition of what may be empty", 'root ::= ("a"?){2,3} "b"', ["b", "ab", "aaab"], ["aaaab"]],
    ["comments and line ends in brackets", 'root ::= ( "a" # one\n | "b" ) # two\n\n# three\n', ["a", "b"], ["ab"]],
    ["rules that follow", 'root ::=\n  "x" rest\nrest ::= "y" rest | ""', ["x", "xyy"], ["y"]],
    ["the last of two rules of one name", 'root ::= "a"\nroot ::= "b"', ["b"], ["a"]],
    ["an empty alternative", 'root ::= "a" (| "b")', ["a", "ab"], ["b"]],
    ["Windows' line ends", 'root ::= "a" x\r\nx ::= "b"\r\n', ["ab"], ["a"]],
  ])("may have %s", async (_, source, good, bad) => {
    const ir = readGbnf(source);
    const judge = await judgeOf(source);
    const emitted = await judgeOf(emitGbnf(ir));
    for (const text of [...good, ...bad]) {
      const isGood = good.includes(text);
      expect([text, matchesGrammar(ir, text), emitted(text), judge(text)]).toEqual([text, isGood, isGood, isGood]);
    }
  });

  test("means in its repetitions what llama.cpp makes of them", async () => {
    const item = fc.constantFrom('"a"', '"ab"', "[a-b]", '("a" | "bb")', '("a" "b"?)', "x");
    const repetition = fc.constantFrom("", "", "?", "*", "+", "{2}", "{1,2}", "{2,}", "{0,3}");
    const part = fc.tuple(item, repetition).map(([one, times]) => one + times);
    const option = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(" "));
    const options = fc.array(option, { minLength: 1, maxLength: 2 }).map((all) => all.join(" | "));
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(options, options, fc.array(text, { minLength: 8, maxLength: 8 }), async (root, x, texts) => {
        const source = `root ::= ${root}\nx ::= "b" | "a" (${x.replaceAll("x", '"b"')})`;
        const ir = readGbnf(source);
        const [original, emitted] = [await judgeOf(source), await judgeOf(emitGbnf(ir))];
        for (const one of texts) {
          expect([one, matchesGrammar(ir, one)]).toEqual([one, original(one)]);
          expect([one, emitted(one)]).toEqual([one, original(one)]);
        }
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ["", "it has no rule named root"],
    ['main ::= "a"', "it has no rule named root"],
    ["root ::= word", "line 1, column 10: there is no rule word"],
    ['root ::= "a"\n  | "b"', `line 2, column 3: a rule's name (letters, digits, -) is expected, not "|"`],
    ['root = "a"', 'line 1, column 6: ::= after root is expected, not "="'],
    ['root ::= ("a" | "b"', "line 1, column 20: a closing ) is expected, and the grammar ends"],
    ['root ::= "é😀', 'line 1, column 13: a closing " or ] is expected, and the grammar ends'],
    [String.raw`root ::= "\q"`, String.raw`line 1, column 11: there is no escape \q`],
    [String.raw`root ::= "\x4"`, String.raw`line 1, column 11: \x takes 2 hexadecimal digits`],
    ["root ::= *", "line 1, column 10: there is nothing before it to repeat"],
    ['root ::= "a"{3,2}', "line 1, column 13: {3,2} asks for at least 3 and at most 2"],
    ['root ::= "a"{x}', 'line 1, column 14: a number is expected, not "x"'],
    ["root ::= <think> .*", "line 1, column 10: <…> names a token of one model's vocabulary: write the text instead"],
    ['root ::= root "a" | "b"', "the rule root may begin with itself (left recursion)"],
    ['root ::= x\nx ::= "a"? y\ny ::= x "b"', "the rule x may begin with itself (left recursion)"],
    ['root ::= ("a"?)*', "the rule root may begin with itself (left recursion)"],
  ])("with a mistake is refused in one line: %j", (source, reason) => {
    const message = refusalOf(source).message;
    expect(message).toContain(reason);
    expect(message).toMatch(/^The output grammar can't be used: [^\n]*\.$/);
    expect(refusalOf(source)).toMatchObject({ code: "ROWMILL_INVALID_GRAMMAR" });
  });

  test("that no text fits is refused", () => {
    for (const source of ['root ::= "a" root', "root ::= [b-a]"])
      expect(refusalOf(source)).toMatchObject({ code: "ROWMILL_UNSATISFIABLE_GRAMMAR" });
  });

  test("is read or refused, whatever the text", () => {
    const signs = fc.constantFrom(
      "root",
      " ::= ",
      '"',
      "a",
      "\\",
      "[",
      "]",
      "^",
      "-",
      "(",
      ")",
      "|",
      "*",
      "{",
      "2",
      ",",
      "}",
      "\n",
      "#",
      "<",
      "x",
    );
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 30 }), (parts) => {
        try {
          readGbnf(`root ::= ${parts.join("")}`);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^ROWMILL_(INVALID|UNSATISFIABLE)_GRAMMAR$/) });
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function refusalOf(source: string): Error {
  try {
    readGbnf(source);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`not refused: ${source}`);
}
