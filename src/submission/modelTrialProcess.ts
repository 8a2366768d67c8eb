import { openTokenizer } from "../engine/index.js";
import { InputError, messageOf } from "../errors.js";
import { estimateMemory, readModelFacts } from "../models/index.js";
import type { TrialAnswer } from "./modelTrial.js";

// A process of its own, started by modelTrial.ts: llama.cpp ends a process over some of what a file may say.

/** Texts that hold every byte that UTF-8 can, one character each, and all of them together. */
function trialTexts(): string[] {
  const codePoints: number[] = [];
  for (let at = 0; at < 0x800; at++) codePoints.push(at);
  for (let at = 0x800; at < 0xd800; at += 0x400) codePoints.push(at);
  for (let at = 0xe000; at < 0x10000; at += 0x400) codePoints.push(at);
  for (let at = 0x10000; at < 0x110000; at += 0x10000) codePoints.push(at);
  const characters = codePoints.map((point) => String.fromCodePoint(point));
  return [...characters, characters.join("")];
}

/** Does all that a submission and a plan do with a model, and what its first rows do with its vocabulary. */
async function tryFile(path: string): Promise<void> {
  const facts = await readModelFacts(path);
  await using tokenizer = await openTokenizer(path);
  const { vocabularySize } = tokenizer.facts;
  for (const text of trialTexts())
    for (const token of tokenizer.tokenize(text))
      if (token >= vocabularySize)
        throw new InputError(
          "ROWMILL_MODEL_UNREADABLE",
          `${path} has a vocabulary that can't write ${JSON.stringify(text.slice(0, 1))}: the file is damaged`,
        );
  tokenizer.tokenizeTemplate(facts.chatTemplate?.slice(0, 10_000) ?? "");
  await estimateMemory(facts, { slots: 1, slotTokens: 64, batchTokens: 64, workers: 1, gpuLayers: 0 });
}

process.once("message", (path: string) => {
  const answer = (fault: TrialAnswer): void => {
    // all that llama.cpp holds goes with the process
    process.send?.(fault, () => process.exit(0));
  };
  tryFile(path).then(
    () => answer(null),
    (error) =>
      answer({
        code: error instanceof InputError ? error.code : "ROWMILL_MODEL_UNREADABLE",
        message: messageOf(error),
      }),
  );
});
process.send?.("ready");
