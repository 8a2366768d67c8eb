import { describe, expect, it } from "vitest";
import { renderChat } from "../../src/prompt/index.js";

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
    expect(renderChat(model(CHATML), format("Be brief."))).toEqual({
      prefix: "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n",
      suffix: "<|im_end|>\n<|im_start|>assistant\n",
      trimsRow: false,
    });
  });

  it("has no system message where none was given", () => {
    expect(renderChat(model(CHATML), format(null)).prefix).toBe("<|im_start|>user\n");
  });

  it("tells that the template trims messages, so that rows are trimmed alike", () => {
    const chat = renderChat(model(TRIMMING), format("Be brief."));
    expect(chat.trimsRow).toBe(true);
    expect(chat.prefix).toBe("<s><|h|>system<|/h|>\n\nBe brief.<|eot|><|h|>user<|/h|>\n\n");
  });

  it("puts the system prompt before the row where the model has no system role", () => {
    expect(renderChat(model(NO_SYSTEM), format("Be brief."))).toEqual({
      prefix: "<turn>user\nBe brief.\n\n",
      suffix: "<end>\n<turn>model\n",
      trimsRow: false,
    });
  });

  it("passes further variables and ends with the text that the answer begins with", () => {
    const template = `{% if enable_thinking %}think{% endif %}${CHATML}`;
    const chat = renderChat(
      model(template),
      format(null, { templateArguments: { enable_thinking: true }, answerPrefix: "<final>" }),
    );
    expect(chat.prefix).toBe("think<|im_start|>user\n");
    expect(chat.suffix).toBe("<|im_end|>\n<|im_start|>assistant\n<final>");
  });

  it("is plain text for a model without a template", () => {
    expect(renderChat(model(null), format("Translate."))).toEqual({
      prefix: "Translate.\n\n",
      suffix: "\n\n",
      trimsRow: false,
    });
  });

  it("says in one line what is wrong with a broken template", () => {
    expect(() => renderChat(model("{% for %}"), format(null))).toThrowError(/chat template can't be read/);
    expect(() => renderChat(model("hello"), format(null))).toThrowError(
      /does not show the user's message exactly once/,
    );
  });
});
