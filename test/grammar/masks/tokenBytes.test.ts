import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { afterAll, describe, expect, it } from "vitest";
import { readVocabularyFacts, type TokenBytes, tokenBytesOf } from "../../../src/grammar/masks/index.js";
import { openGgufVocabularies } from "./ggufVocabularies.js";

const vocabularies = openGgufVocabularies();
if (vocabularies === null)
  console.log("tests of real vocabularies were skipped: git or node-llama-cpp's bundle is missing");
afterAll(() => vocabularies?.[Symbol.dispose]());

const PLAIN = 'The quick brown fox: {"id": 17, "tags": ["a", "b"]}, (x+y)/2 != 3.5';
const RICH = `${PLAIN}\n\t  Grüße, naïve; 日本語 テスト, Ελλάδα, עברית, 🙂👩‍🔬\u0001 \\u00e9`;

const textOf = (vocabulary: TokenBytes, tokens: readonly number[]) =>
  Buffer.concat(
    tokens.map((token) => vocabulary.bytes.subarray(vocabulary.offsets[token], vocabulary.offsets[token + 1])),
  ).toString();

describe.skipIf(vocabularies === null)("the bytes of a model file's tokens", () => {
  it("joined give back the text that was tokenized, for every kind of vocabulary", async () => {
    const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled, progressLogs: false });
    const refused: string[] = [];
    try {
      for (const name of vocabularies!.names) {
        const path = vocabularies!.path(name);
        const facts = await readVocabularyFacts(path);
        if (facts.model === "bert") {
          expect(() => tokenBytesOf(facts)).toThrow(/word pieces/);
          refused.push(name);
          continue;
        }
        const vocabulary = tokenBytesOf(facts);
        expect(vocabulary.offsets).toHaveLength(facts.tokens.length + 1);
        expect([name, vocabulary.endTokens.length > 0]).toEqual([name, true]);
        const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
        // T5's tokenizer changes white space and composes characters before it looks at them
        const text = facts.model === "t5" ? PLAIN : RICH;
        const back = textOf(vocabulary, model.tokenize(text, false));
        // SentencePiece puts a space before the text
        expect([name, back.replace(/^ /, "")]).toEqual([name, text]);
        await model.dispose();
      }
      expect(refused).toHaveLength(1);
      expect(vocabularies!.names.length).toBeGreaterThan(10);
    } finally {
      await llama.dispose();
    }
  });
});

describe("the bytes of tokens", () => {
  const facts = {
    model: "gpt2",
    tokens: ["a", "\u0120b", "\u00c3\u00a9", "<|im_end|>", "<tool>", "[unused]", "<0x41>", "日"],
    tokenTypes: [1, 1, 1, 3, 4, 5, 6, 1],
    endTokens: [],
  };
  const bytesOf = (vocabulary: TokenBytes) =>
    Array.from({ length: vocabulary.offsets.length - 1 }, (_, token) => textOf(vocabulary, [token]));

  it("are those of GPT-2's alphabet, of the text itself for user-defined tokens, and none for control and unused ones", () => {
    const vocabulary = tokenBytesOf(facts);
    expect(bytesOf(vocabulary)).toEqual(["a", " b", "é", "", "<tool>", "", "A", ""]);
    expect([...vocabulary.endTokens]).toEqual([3]);
  });

  it("take SentencePiece's mark for a space, and end tokens by the file and by their names", () => {
    const tokens = ["\u2581the", "<0x0A>", "</s>", "<|end|>", "x"];
    const vocabulary = tokenBytesOf({ model: "llama", tokens, tokenTypes: [1, 6, 3, 4, 1], endTokens: [4, 99] });
    expect(bytesOf(vocabulary)).toEqual([" the", "\n", "", "", ""]);
    expect([...vocabulary.endTokens]).toEqual([2, 3, 4]);
  });

  it("are refused of a vocabulary that doesn't spell its text", () => {
    expect(() => tokenBytesOf({ ...facts, model: "bert" })).toThrow(/ROWMILL|word pieces/);
    expect(() => tokenBytesOf({ ...facts, model: "rwkv" })).toThrow(/of kind "rwkv"/);
  });
});
