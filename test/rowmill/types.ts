import type { JobId, Rowmill } from "rowmill";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// What the public types promise. Nothing here runs: `npm run check:types` is the test, and fails where a promise is broken.

const Order = z.object({
  topic: z.enum(["billing", "other"]),
  order_id: z.string().nullable().describe("null if none"),
});
type Order = z.infer<typeof Order>;
const MODELS = ["starter", "smollm2-135m"] as const;
const TEXTS = ["a", "b"] as const;

export async function resultsHaveTheSchemasType(mill: Rowmill): Promise<void> {
  const list = await mill.infer(TEXTS, { outputSchema: Order });
  expectTypeOf(list).toExtend<string>();
  expectTypeOf(await mill.getJobResults(list, { unpackJson: true })).toEqualTypeOf<(Order | null)[]>();
  expectTypeOf(await mill.awaitJobCompletion(list, { unpackJson: true })).toEqualTypeOf<(Order | null)[] | null>();
  for await (const one of mill.iterateJobResults(list, { unpackJson: true, from: 1 }))
    expectTypeOf(one).toEqualTypeOf<Order | null>();
  const [first] = await mill.getJobResults(list, { unpackJson: true });
  // @ts-expect-error no such field
  first?.topics;
  // @ts-expect-error a row may have failed
  first.topic;

  const table = await mill.infer([{ id: 1, text: "a" }], { column: "text", outputSchema: Order });
  const [row] = await mill.getJobResults(table, { unpackJson: true });
  expectTypeOf(row!.topic).toEqualTypeOf<"billing" | "other" | null>();
  expectTypeOf(row!.text).toEqualTypeOf<unknown>();
}

export async function resultsThatNobodyKnowsAreUnknown(mill: Rowmill): Promise<void> {
  const list = await mill.infer(TEXTS, { outputSchema: Order });
  // texts of JSON, and objects with more than the output
  expectTypeOf(await mill.getJobResults(list)).toEqualTypeOf<unknown[]>();
  expectTypeOf(await mill.getJobResults(list, { unpackJson: true, includeInputs: true })).toEqualTypeOf<unknown[]>();
  for await (const one of mill.iterateJobResults(list)) expectTypeOf(one).toEqualTypeOf<unknown>();
  const json = await mill.infer(TEXTS, { outputSchema: { type: "object" } });
  expectTypeOf(json).toEqualTypeOf<string>();
  const path = await mill.infer("orders.csv", { column: "text", outputSchema: Order });
  expectTypeOf(path).toEqualTypeOf<string>();
  expectTypeOf(await mill.getJobResults<Order>(path, { unpackJson: true })).toEqualTypeOf<Order[]>();
  const kept = path as JobId<Order | null>;
  expectTypeOf(await mill.getJobResults(kept, { unpackJson: true })).toEqualTypeOf<(Order | null)[]>();
}

export async function constantListsAreTaken(mill: Rowmill): Promise<void> {
  expectTypeOf(await mill.infer(TEXTS, { model: MODELS, name: MODELS, description: MODELS })).toEqualTypeOf<string[]>();
  expectTypeOf(
    await mill.infer([{ a: "x", b: "y" }] as const, { column: ["a", ", ", "b"] as const }),
  ).toEqualTypeOf<string>();
  await mill.infer(TEXTS, { outputChoices: ["yes", "no"] as const, samplingParams: { stop: ["\n"] as const } });
}

export async function misspelledOptionsDoNotCompile(mill: Rowmill): Promise<void> {
  await mill.infer(TEXTS, { samplingParams: { maxTokens: 5, topP: 0.9, tokenLogprobs: true, seed: null } });
  await mill.infer(TEXTS, { samplingParams: { max_tokens: 5, top_p: 0.9, token_logprobs: true } });
  // @ts-expect-error temprature
  await mill.infer(TEXTS, { samplingParams: { temprature: 1 } });
  // @ts-expect-error max_token
  await mill.infer(TEXTS, { outputSchema: Order, samplingParams: { max_token: 1 } });
  // @ts-expect-error a text
  await mill.infer(TEXTS, { samplingParams: { temperature: "1" } });
  // @ts-expect-error systemprompt
  await mill.infer(TEXTS, { systemprompt: "x" });
}
