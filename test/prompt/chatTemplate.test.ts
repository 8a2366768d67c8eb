import { describe, expect, it } from "vitest";
import { renderChatHere } from "../../src/prompt/chatHere.js";
import { type ChatFormat, renderChat } from "../../src/prompt/index.js";
import { renderTemplate } from "../../src/prompt/renderTemplate.js";

const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
/** Llama 3's way: BOS from the template, messages trimmed. */
const TRIMMING =
  "{{ bos_token }}{% for message in messages %}{{ '<|h|>' + message['role'] + '<|/h|>\n\n' + message['content'] | trim + '<|eot|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|h|>assistant<|/h|>\n\n' }}{% endif %}";
/** Gemma's way: no system role. */
const NO_SYSTEM =
  "{% for message in messages %}{% if message['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ '<turn>' + message['role'] + '\n' + message['content'] + '<end>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<turn>model\n' }}{% endif %}";

const model = (chatTemplate: string | null) => ({ chatTemplate, bosText: "<s>", eosText: "</s>" });
const format = (systemPrompt: string | null, rest: object = {}) => ({
  systemPrompt,
  templateArguments: {},
  answerPrefix: null,
  ...rest,
});

describe("a chat is rendered by the model's own template", () => {
  it("is cut where the row goes", () => {
    expect(renderChatHere(model(CHATML), format("Be brief."))).toEqual({
      prefix: "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n",
      suffix: "<|im_end|>\n<|im_start|>assistant\n",
      trimsRow: false,
    });
  });

  it("has no system message where none was given", () => {
    expect(renderChatHere(model(CHATML), format(null)).prefix).toBe("<|im_start|>user\n");
  });

  it("tells that the template trims messages, so that rows are trimmed alike", () => {
    const chat = renderChatHere(model(TRIMMING), format("Be brief."));
    expect(chat.trimsRow).toBe(true);
    expect(chat.prefix).toBe("<s><|h|>system<|/h|>\n\nBe brief.<|eot|><|h|>user<|/h|>\n\n");
  });

  it("puts the system prompt before the row where the model has no system role", () => {
    expect(renderChatHere(model(NO_SYSTEM), format("Be brief."))).toEqual({
      prefix: "<turn>user\nBe brief.\n\n",
      suffix: "<end>\n<turn>model\n",
      trimsRow: false,
    });
  });

  it("passes further variables and ends with the text that the answer begins with", () => {
    const template = `{% if enable_thinking %}think{% endif %}${CHATML}`;
    const chat = renderChatHere(
      model(template),
      format(null, { templateArguments: { enable_thinking: true }, answerPrefix: "<final>" }),
    );
    expect(chat.prefix).toBe("think<|im_start|>user\n");
    expect(chat.suffix).toBe("<|im_end|>\n<|im_start|>assistant\n<final>");
  });

  it("is plain text for a model without a template", () => {
    expect(renderChatHere(model(null), format("Translate."))).toEqual({
      prefix: "Translate.\n\n",
      suffix: "\n\n",
      trimsRow: false,
    });
  });

  it("is the same out of a process of its own", async () => {
    for (const template of [CHATML, TRIMMING, NO_SYSTEM, null])
      for (const system of ["Be brief.", null]) {
        const { frame } = await renderChat(model(template), format(system));
        expect(frame).toEqual(renderChatHere(model(template), format(system)));
      }
  });

  it("says in one line what is wrong with a broken template", async () => {
    await expect(renderChat(model("{% for %}"), format(null))).rejects.toThrow(/chat template can't be read/);
    await expect(renderChat(model("hello"), format(null))).rejects.toThrow(
      /does not show the user's message exactly once/,
    );
  });
});

/** Text of 2²⁸ characters, made of little. */
const HUGE =
  "{% set n = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(24) %}{% set n.s = n.s + n.s %}{% endfor %}";

describe("a template without measure", () => {
  it.each([
    ["that makes a list without end", "{% for i in range(1000000000) %}{{ i }}{% endfor %}", /memory|does not end/],
    ["whose one allocation would end a process", `${HUGE}{{ n.s | upper }}`, /more than 256 MB of memory/],
    ["that doubles a list", HUGE.replace("'aaaaaaaaaaaaaaaa'", "[1, 2, 3, 4]"), /more than 256 MB of memory/],
    ["that calls itself", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", /can't be used/],
    [
      "that writes two million characters",
      `{{ messages[0].content }}${"{{ 'ab' }}".repeat(1)}${loopOf(2_000_000)}`,
      /a text of/,
    ],
    ["that is long itself", " ".repeat((1 << 20) + 1), /has 1048577 characters/],
  ])("%s is refused with a line", async (_, template, said) => {
    const rendered = renderChat(model(template), format("Be brief."));
    await expect(rendered).rejects.toMatchObject({
      code: "ROWMILL_CHAT_TEMPLATE",
      message: expect.stringMatching(said),
    });
  });

  it("that never ends is stopped", async () => {
    const source = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
    await expect(renderTemplate({ source, variables: [{}], mostCharacters: 10 }, 500)).rejects.toThrow(
      "it does not end: it was stopped after 0.5 seconds",
    );
  });
});

function loopOf(characters: number): string {
  return `{% for i in range(${characters / 100}) %}${"x".repeat(100)}{% endfor %}`;
}

/** Around CHATML: what stands at the end. */
const ending = (end: string): string => CHATML.replace("{{ '<|im_start|>assistant\n' }}", end);
const ASSISTANT = "{{ '<|im_start|>assistant\n' }}";

async function reasoningOf(template: string, rest: Partial<ChatFormat> = {}) {
  return (await renderChat(model(template), format("Be brief.", rest))).reasoning;
}

describe("a model that reasons first", () => {
  // as Qwen 3.5's: open unless it is switched off
  const switched = ending(
    `${ASSISTANT}{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% else %}{{ '<think>\n' }}{% endif %}`,
  );
  // as Qwen 3's: the model opens it by itself
  const willing = ending(
    `${ASSISTANT}{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}`,
  );
  // as gpt-oss's
  const harmony = `${ending("{{ '<|start|>assistant' }}")}{# <|channel|>analysis #}`;

  it.each([
    ["DeepSeek R1", "{{ '<think>\n' }}", "<think>", "</think>"],
    ["EXAONE Deep", "{{ '<thought>\n' }}", "<thought>", "</thought>"],
    ["Seed", "{{ '<seed:think>' }}", "<seed:think>", "</seed:think>"],
    ["Magistral", "{{ '[THINK]' }}", "[THINK]", "[/THINK]"],
    ["Command A", "{{ '<|START_THINKING|>' }}", "<|START_THINKING|>", "<|END_THINKING|>"],
    ["Kimi", "{{ '◁think▷' }}", "◁think▷", "◁/think▷"],
  ])("as %s is known by what its chat leaves open, and is closed by the text told", async (_, end, tag, closing) => {
    const template = ending(ASSISTANT + end);
    expect(await reasoningOf(template)).toEqual({ tag, remedy: { answerPrefix: closing } });
    expect(await reasoningOf(template, { answerPrefix: closing })).toBeNull();
  });

  it("and can be switched off is told its switch, which works", async () => {
    const remedy = { templateArguments: { enable_thinking: false } };
    expect(await reasoningOf(switched)).toEqual({ tag: "<think>", remedy });
    expect(await reasoningOf(switched, { templateArguments: { enable_thinking: true } })).toEqual({
      tag: "<think>",
      remedy,
    });
    expect(await reasoningOf(switched, remedy)).toBeNull();
  });

  it("by itself is told its switch unless that was touched", async () => {
    const remedy = { templateArguments: { enable_thinking: false } };
    expect(await reasoningOf(willing)).toEqual({ tag: null, remedy });
    for (const enable_thinking of [true, false])
      expect(await reasoningOf(willing, { templateArguments: { enable_thinking } })).toBeNull();
  });

  it("in a channel is told how its answer begins", async () => {
    const answerPrefix = "<|channel|>final<|message|>";
    expect(await reasoningOf(harmony)).toEqual({ tag: "<|start|>assistant", remedy: { answerPrefix } });
    expect(await reasoningOf(harmony, { answerPrefix })).toBeNull();
    expect(await reasoningOf(harmony, { answerPrefix: "<|channel|>analysis<|message|>" })).toEqual({
      tag: "<|channel|>analysis<|message|>",
      remedy: { answerPrefix: `<|end|><|start|>assistant${answerPrefix}` },
    });
  });

  it("is none where the chat closes it, or only the instructions speak of it", async () => {
    expect(await reasoningOf(ending(`${ASSISTANT}{{ '<think>\n</think>\n' }}`))).toBeNull();
    expect(await reasoningOf(CHATML)).toBeNull();
    const { reasoning } = await renderChat(model(CHATML), format("Think within <think> and answer."));
    expect(reasoning).toBeNull();
  });
});
