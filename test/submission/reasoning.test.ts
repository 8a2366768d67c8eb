import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeDamaged } from "../engine/damagedModel.js";
import { openRowmill, temporaryFolder } from "../rowmill/fixture.js";

/** The starter's chat, with an end as Qwen 3.5 has it: the reasoning is open unless it is switched off. */
const CHAT =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}{{ '<|im_start|>assistant\n' }}";
const SWITCHED = `${CHAT}{% if enable_thinking is defined and enable_thinking is false %}{{ '<think></think>' }}{% else %}{{ '<think>' }}{% endif %}`;
const ALWAYS = `${CHAT}{{ '<think>' }}`;

const modelWith = (template: string): string =>
  writeDamaged(join(temporaryFolder(), "think.gguf"), (model) => model.setChatTemplate(template));

describe("a model by path that reasons first", () => {
  it("is not held to a form in the middle of that, whatever the form, and the line says what to set", async () => {
    const model = modelWith(SWITCHED);
    const mill = openRowmill();
    for (const form of [
      { outputChoices: ["cat", "dog"] },
      { outputChoices: ["cat", "dog"], labelProbabilities: true },
      { outputRegex: "cat|dog" },
      { outputGrammar: 'root ::= "cat"' },
      { outputSchema: { enum: ["cat", "dog"] } },
    ])
      for (const dryRun of [true, false])
        await expect(mill.infer(["an animal"], { model, dryRun, ...form } as object)).rejects.toMatchObject({
          code: "ROWMILL_OPEN_REASONING",
          message: expect.stringMatching(
            /ends in "<think>".*set templateArguments: \{"enable_thinking":false\} for answers alone/,
          ),
        });
    expect(await mill.listJobs()).toEqual([]);
  });

  it("answers in its form when what the line says is set, and the record has it", async () => {
    const mill = openRowmill();
    for (const [template, set, end] of [
      [SWITCHED, { templateArguments: { enable_thinking: false } }, "<think></think>"],
      [ALWAYS, { answerPrefix: "</think>" }, "<think></think>"],
    ] as const) {
      const jobId = await mill.infer(["an animal"], {
        model: modelWith(template),
        outputChoices: ["cat", "dog"],
        ...set,
      });
      const job = await mill.getJob(jobId);
      expect(job).toMatchObject({ status: "SUCCEEDED", ...set });
      expect(job.frame?.suffix.endsWith(`assistant\n${end}`)).toBe(true);
      expect(["cat", "dog"]).toContain((await mill.getJobResults<string>(jobId))[0]);
    }
  });

  it("writes free text with a warning that the reasoning is part of it", async () => {
    const { warnings } = await openRowmill().infer(["an animal"], { model: modelWith(ALWAYS), dryRun: true });
    expect(warnings.map(({ text }) => text).join("\n")).toMatch(
      /.*ends in "<think>".*part of its output.*set answerPrefix: "<\/think>" for answers alone/,
    );
  });
});

describe("a chat template that never ends", () => {
  it("ends the submission with a line, not the process", async () => {
    const template =
      "{% set n = namespace(s=[1,2,3,4]) %}{% for i in range(40) %}{% set n.s = n.s + n.s %}{% endfor %}";
    await expect(openRowmill().infer(["a row"], { model: modelWith(template) })).rejects.toMatchObject({
      code: "ROWMILL_CHAT_TEMPLATE",
      message: expect.stringMatching(/can't be used: it needs more than \d+ MB of memory/),
    });
  });
});
