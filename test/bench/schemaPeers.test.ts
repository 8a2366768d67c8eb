import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type PeerOptions, replayPeers } from "../../bench/schema/peers.js";
import { tokenizeCases } from "../../bench/schema/replay.js";
import { tokenBytesOf } from "../../src/grammar/masks/index.js";
import { scratchFolder } from "../data/scratch.js";

const folder = scratchFolder();
const PYTHON = "python3";
const hasPython = spawnSync(PYTHON, ["--version"]).status === 0;

/** Instead of peers.py with its wheels of 200 MB: a worker that does to each schema what the schema says. */
const WORKER = `
import json, os, sys, time
folder, first = sys.argv[2], int(sys.argv[3])
offsets = open(os.path.join(folder, "offsets.bin"), "rb").read()
plan = json.load(open(os.path.join(folder, "plan.json")))
print("a warning of the binding", file=sys.stderr)
print(json.dumps({"version": "%d/%s" % (len(offsets), plan["endTokens"]), "bindingNs": 7}), flush=True)
for index, line in enumerate(open(os.path.join(folder, "cases.jsonl"))):
    if index < first: continue
    case = json.loads(line)
    say = lambda fields: print(json.dumps({"index": index, **fields}), flush=True)
    if case["schema"] == '"die"': os.abort()
    if case["schema"] == '"hang"': time.sleep(3600)
    if case["schema"] == '"swell"': held = b"x" * (400 << 20); time.sleep(3600)
    if case["schema"] == '"refuse"': say({"error": "not supported"})
    else: say({"ttfmNs": 5, "coldNs": [1, 2], "warmNs": [1], "ends": [len(one) for one in case["instances"]]})
`;

const vocabulary = tokenBytesOf({ model: "gpt2", tokens: ["a", "b", "<end>"], tokenTypes: [1, 1, 3], endTokens: [2] });
const options: PeerOptions = {
  python: PYTHON,
  wheels: ["llguidance==1.0"],
  scriptFolder: join(folder, "worker"),
  schemaSeconds: 20,
  residentBytes: 200 * 2 ** 20,
  onProgress: () => () => {},
};

test.skipIf(!hasPython)(
  `a peer that refuses, dies, hangs or swells loses that schema alone${hasPython ? "" : " (skipped: no python3)"}`,
  async () => {
    mkdirSync(options.scriptFolder, { recursive: true });
    writeFileSync(join(options.scriptFolder, "peers.py"), WORKER);
    const words = ["fine", "refuse", "die", "die", "hang", "fine", "swell"];
    const cases = tokenizeCases(
      words.map((word) => ({
        name: word,
        group: null,
        schemaText: JSON.stringify(word),
        instances: [{ isValid: true, text: "ab" }],
      })),
      (text) => Uint32Array.from(text, (char) => char.charCodeAt(0) - 97),
    );
    const done: number[] = [];
    const runs = await replayPeers(["xgrammar"], cases, vocabulary, {
      ...options,
      onProgress: () => (count) => done.push(count),
    });
    const run = runs.get("xgrammar");
    expect(run).toMatchObject({ version: "16/[2]", bindingNs: 7 });
    expect(run?.replays.map(({ compileError }) => compileError)).toEqual([
      null,
      "not supported",
      "crash: SIGABRT",
      "crash: SIGABRT",
      "time limit: over 20 s",
      null,
      expect.stringMatching(/^memory limit: over 0.19/),
    ]);
    expect(run?.replays[5]).toMatchObject({ ttfmNs: 5, ends: [2], coldNs: Float64Array.of(1, 2) });
    expect(done.at(-1)).toBe(7);
  },
);

test("without Python or the wheels there is one clear line", async () => {
  const missing = replayPeers(["llguidance"], [], vocabulary, { ...options, python: join(folder, "no-python") });
  await expect(missing).rejects.toThrow(
    /no-python can't run the peers \(.*ENOENT.*pip install llguidance==1\.0, then --python/,
  );
  await expect(missing).rejects.toMatchObject({ code: "ROWMILL_NO_PEERS" });
});
