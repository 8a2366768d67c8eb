import { expect, it } from "vitest";
import { refusalOf } from "../../../src/engine/http/refusal.js";

it.each([
  [429, "overloaded"],
  [503, "overloaded"],
  [502, "fault"],
  [504, "fault"],
  [500, "fault"],
  [408, "fault"],
  [402, "job"],
  [401, "job"],
  [403, "job"],
  [404, "job"],
  [301, "job"],
  [400, "row"],
  [422, "row"],
])("what a status of %i stands for", (status, kind) => {
  expect(refusalOf(status, { error: { message: "the temperature is wrong" } }, 100)).toMatchObject({
    kind,
    reason: `${status}: the temperature is wrong`,
  });
});

it("what llama-server, vLLM and OpenAI say of a row that is too long, and how much of it would fit", () => {
  const llama = {
    error: {
      type: "exceed_context_size_error",
      message: "the request exceeds the available context size",
      n_prompt_tokens: 8000,
      n_ctx: 4100,
    },
  };
  expect(refusalOf(400, llama, 100)).toMatchObject({ kind: "tooLong", share: 0.5 });
  const vllm = {
    object: "error",
    message:
      "This model's maximum context length is 4100 tokens. However, you requested 8100 tokens (8000 in the messages, 100 in the completion).",
  };
  expect(refusalOf(400, vllm, 100)).toMatchObject({ kind: "tooLong", share: 0.5 });
  const counted =
    "You passed at least 4129 input tokens and requested 100 output tokens. However, the model's maximum context length is 4100";
  expect(refusalOf(400, { error: { message: counted } }, 100)).toMatchObject({ kind: "tooLong", share: null });
  expect(refusalOf(429, { error: { code: "insufficient_quota", message: "pay" } }, 100).kind).toBe("job");
  const openai = { error: { code: "context_length_exceeded", message: "Too many tokens." } };
  expect(refusalOf(400, openai, 100)).toMatchObject({ kind: "tooLong", share: null });
});

it("a page that is no JSON is shown in one short line", () => {
  const { reason } = refusalOf(400, `<html>\n  <b>no</b>${"x".repeat(1000)}`, 1);
  expect(reason).toMatch(/^400: <html> <b>no<\/b>x+…$/);
  expect(reason.length).toBeLessThan(320);
});
