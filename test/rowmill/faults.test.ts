import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { Rowmill } from "rowmill";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { embeddedModelPath } from "../../src/models/index.js";
import { HEADER_DAMAGES, MODEL_DAMAGES, writeDamaged, writeVocabularyOnly } from "../engine/damagedModel.js";
import { writeHugeModel } from "../engine/hugeModel.js";
import { openRowmill, sharedRowmill, TICKET_PROMPT, temporaryFolder, tickets } from "./fixture.js";

const mill = sharedRowmill();
const sampling = { temperature: 0, maxTokens: 8 };
const oneSlot = { workers: 1, threads: 1, slots: 1 } as const;
const labelling = { systemPrompt: TICKET_PROMPT, samplingParams: sampling, ...oneSlot } as const;

const run = async (one: Rowmill, model: string) =>
  one.getJobResults(await one.infer(tickets(4), { ...labelling, model }));
let right: unknown;
beforeAll(async () => {
  right = await run(mill, "starter");
});
const expectNextJobRight = async (one = mill) => expect(await run(one, "starter")).toEqual(right);

/** Of the damages, those that different parts find; test/models and test/engine have them all. */
const SOME = ["an array of 2⁶² values", "a key that is empty for C", "no layer", "no width", "an end in the weights"];
const damages = [...HEADER_DAMAGES, ...MODEL_DAMAGES]
  .map(([what, damage]) => ({ what, damage }))
  .filter(({ what }) => SOME.includes(what));

describe("a job whose model or plan can't be run", () => {
  it.each(damages)("is not even made: $what", async ({ damage }) => {
    const model = writeDamaged(join(temporaryFolder(), "damaged.gguf"), damage);
    const before = (await mill.listJobs()).length;
    await expect(mill.infer(tickets(4), { ...labelling, model })).rejects.toMatchObject({
      code: expect.stringMatching(/^ROWMILL_(NOT_A_MODEL|MODEL_UNREADABLE)$/),
      message: expect.stringContaining(model),
    });
    expect(await mill.listJobs()).toHaveLength(before);
    await expectNextJobRight();
  });

  it("is not made of a vocabulary without weights", async () => {
    const model = writeVocabularyOnly(temporaryFolder());
    await expect(mill.infer(tickets(4), { ...labelling, model })).rejects.toMatchObject({
      code: "ROWMILL_NOT_A_MODEL",
      message: `${model} holds a vocabulary and no weights: take the whole model`,
    });
    await expectNextJobRight();
  });

  it("fails where the model is larger than the memory", async () => {
    const model = join(temporaryFolder(), "huge.gguf");
    await writeHugeModel(model, embeddedModelPath("starter"));
    const { status, failure } = await mill.getJob(await mill.infer(tickets(4), { ...labelling, model }));
    expect(status).toBe("FAILED");
    expect(failure).toMatch(
      /^\S+ needs \d+\.\d GB with 1 worker of 1 slot of \d+ tokens and this machine has \d+\.\d GB: /,
    );
    await expectNextJobRight();
  });

  it("has no more slots than llama.cpp has sequences", async () => {
    const job = await mill.getJob(await mill.infer(tickets(400), { ...labelling, model: "starter", slots: 300 }));
    expect(job).toMatchObject({ status: "SUCCEEDED", rowsDone: 400, plan: { slots: 255 } });
    expect(job.plan?.reasons).toContainEqual(expect.stringMatching(/^255 slots a worker: llama\.cpp has no more/));
  });

  it("fails where every row fails, with their reason", async () => {
    const model = writeDamaged(join(temporaryFolder(), "nan.gguf"), (damaged) => damaged.fillWeights(0xff));
    const job = await mill.getJob(await mill.infer(tickets(4), { ...labelling, model }));
    expect(job).toMatchObject({ status: "FAILED", rowsFailed: 4 });
    expect(job.failure).toMatch(
      /^every row failed, most often: no token can follow: the model's logits are no numbers/,
    );
    await expectNextJobRight();
  });
});

/** A queued job in a home whose runner is gone, and a Rowmill that will find it. */
async function queue(rows: string[], model: string, change: (home: string, jobId: string) => void) {
  const home = temporaryFolder();
  const first = new Rowmill({ home, runner: "in-process", output: null });
  const jobId = await first.infer(rows, { ...labelling, model, stayAttached: false });
  await first.close();
  change(home, jobId);
  const next = openRowmill({ home });
  return { next, jobId };
}

async function endOf(next: Rowmill, jobId: string) {
  await next.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.05 });
  return next.getJob(jobId);
}

describe("a job whose model or plan goes wrong while it waits", () => {
  it("fails where the file was cut since", async () => {
    const model = join(temporaryFolder(), "model.gguf");
    copyFileSync(embeddedModelPath("starter"), model);
    const { next, jobId } = await queue(tickets(2000), model, () => writeFileSync(model, "GGUF, once upon a time"));
    expect(await endOf(next, jobId)).toMatchObject({
      status: "FAILED",
      failure: expect.stringMatching(/model\.gguf is cut off or damaged: its header /),
    });
    await expectNextJobRight(next);
  });

  it("has error rows where a decode fails for want of room, and results for the others", async () => {
    const long = "The parcel was supposed to be here on Monday. ".repeat(40);
    const rows = [...tickets(2), long, ...tickets(2)];
    // the planner believes the record: slots as for short rows
    const { next, jobId } = await queue(rows, "starter", (home, id) => {
      const catalog = new DatabaseSync(join(home, "catalog.db"));
      onTestFinished(() => catalog.close());
      catalog.prepare("UPDATE jobs SET longest_row_tokens = 20 WHERE job_id = ?").run(id);
    });
    expect(await endOf(next, jobId)).toMatchObject({ status: "SUCCEEDED", rowsDone: 4, rowsFailed: 1 });
    const results = (await next.getJobResults(jobId, { includeInputs: true })) as {
      inference_result_error: string | null;
    }[];
    expect(results.map((row) => row.inference_result_error)).toEqual([
      ...[null, null],
      "llama.cpp found no place for the batch in its KV cache",
      ...[null, null],
    ]);
    await expectNextJobRight(next);
  });
});
