import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { embeddedModelPath } from "../../src/models/index.js";
import { type FileServer, serveFiles } from "../models/fileServer.js";
import { openRowmill } from "../rowmill/fixture.js";
import { Desk, MAIN } from "./runRowmill.js";
import { HAS_TERMINALS, runInTerminal } from "./terminal.js";

/** A home whose default model lies on a server. */
async function openDesk(): Promise<{ desk: Desk; server: FileServer; isPulled: () => boolean }> {
  const server = await serveFiles({ "/house.gguf": readFileSync(embeddedModelPath("starter")) });
  onTestFinished(() => server.close());
  const desk = new Desk({ defaultModel: "house" });
  onTestFinished(() => desk[Symbol.dispose]());
  const sources = [`${server.url}/house.gguf`];
  desk.write("home/models.json", JSON.stringify({ models: [{ name: "house", sources, parameters: 5e9 }] }));
  desk.write("rows.csv", "text\nGood soup.\n");
  return { desk, server, isPulled: () => server.requests.some((request) => request.startsWith("GET")) };
}

const INFER = ["infer", "rows.csv", "--column", "text", "--choices", "good,bad"];

const answer = (desk: Desk, text: string) => runInTerminal(desk, INFER, { typed: { behind: "[y/N]", text } });

test("without a terminal the default model is not downloaded: one line has its size, its place and the command", async () => {
  const { desk, isPulled } = await openDesk();
  const { code, stderr } = await desk.start(...INFER).ended;
  expect(code).toBe(2);
  expect(stderr).toContain(`about 3 GB from http://127.0.0.1`);
  expect(stderr).toContain(`into ${join(desk.home, "models")}. Run \`node ${MAIN} models pull house\``);
  expect(isPulled()).toBe(false);
});

test("a model that was named is downloaded, and a line says from where and to where", async () => {
  const { desk, isPulled } = await openDesk();
  const { code, stderr } = await desk.start(...INFER, "--model", "house").ended;
  expect(stderr).toMatch(/^house is not on this machine: about 3 GB from http:.* into .*models$/m);
  expect(code).toBe(0);
  expect(isPulled()).toBe(true);
});

test.runIf(HAS_TERMINALS)("in a terminal the default model is asked for once, and a no ends it", async () => {
  const { desk, isPulled } = await openDesk();
  const no = await answer(desk, "n\n");
  expect(no.code).toBe(2);
  expect(no.shown).toMatch(/about 3 GB from http:.*Download it\? \[y\/N\]/s);
  expect(isPulled()).toBe(false);
  const yes = await answer(desk, "y\n");
  expect(yes.code, yes.shown).toBe(0);
  expect(isPulled()).toBe(true);
  const again = await answer(desk, "n\n");
  expect(again.code, again.shown).toBe(0);
  expect(again.shown).not.toContain("[y/N]");
});

test("a program is refused with the same line, unless it gives the answer", async () => {
  const { desk, isPulled } = await openDesk();
  const rows = ["Good soup."];
  await expect(openRowmill({ home: desk.home }).infer(rows, { outputChoices: ["good", "bad"] })).rejects.toMatchObject({
    code: "ROWMILL_MODEL_NOT_FOUND",
    message: expect.stringContaining(`npx rowmill --home ${desk.home} models pull house`),
  });
  expect(isPulled()).toBe(false);
  const questions: string[] = [];
  const confirmDownload = (question: string): boolean => questions.push(question) > 0;
  const mill = openRowmill({ home: desk.home, confirmDownload });
  const id = await mill.infer(rows, { outputChoices: ["good", "bad"] });
  expect(await mill.getJobStatus(id)).toBe("SUCCEEDED");
  expect(questions).toEqual([expect.stringMatching(/^The default model house is not on this machine: about 3 GB/)]);
});
