import { execFileSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scoreTable } from "../../src/cli/demoScore.js";
import { readDemoTables } from "../../src/cli/demoTables.js";
import { renderReport } from "../../src/cli/doctor.js";
import { renderEstimate } from "../../src/cli/estimate.js";
import { missingRows } from "../../src/cli/jobResults.js";
import { readJsonOption } from "../../src/cli/jsonInput.js";
import { findJsonMistake } from "../../src/cli/jsonMistake.js";
import { PEER_FLAGS, peerAdvice } from "../../src/cli/peerFlags.js";
import { renderPreview } from "../../src/cli/preview.js";
import { createProgram } from "../../src/cli/program.js";
import { formatBytes, formatSeconds } from "../../src/cli/quantities.js";
import { cellText, renderTable, shorten, wrapWords } from "../../src/cli/table.js";
import { commandFor, defaultHome, programWords, shellWord } from "../../src/commandLine.js";

describe("commands in messages", () => {
  test("words come back from a shell as they were", () => {
    const word = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
        const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
        expect(execFileSync("/bin/sh", ["-c", script]).toString()).toBe(words.map((text) => `${text}\0`).join(""));
      }),
      { numRuns: 40 },
    );
  });

  test("are called as this process was called", () => {
    expect(programWords("/usr/local/bin/rowmill", undefined)).toEqual(["rowmill"]);
    expect(programWords("/x/node_modules/.bin/rowmill", "exec")).toEqual(["npx", "rowmill"]);
    expect(programWords(`${process.cwd()}/dist/cli/main.js`, undefined)).toEqual(["node", "dist/cli/main.js"]);
    expect(programWords("/elsewhere/dist/cli/main.js", undefined)).toEqual(["node", "/elsewhere/dist/cli/main.js"]);
    for (const program of ["/home/me/first.mjs", ""])
      expect(programWords(program, undefined)).toEqual(["npx", "rowmill"]);
  });

  test("name the home where it is another than the default", () => {
    expect(commandFor(defaultHome(), "jobs", "list")).toBe("npx rowmill jobs list");
    expect(commandFor("/data/my home", "jobs", "list")).toBe("npx rowmill --home '/data/my home' jobs list");
  });
});

describe("flags of other programs", () => {
  const infer = createProgram().commands.find((command) => command.name() === "infer");
  const words = ["infer", "a.csv", "--max-tokens", "64", "--temperature=0.7", "--stop", "it's", "--seed", "--dry-run"];

  test("are answered with what to use here, and the value that was typed", () => {
    expect(peerAdvice("--max-tokens", words)).toContain(`--sampling '{"maxTokens": 64}'`);
    expect(peerAdvice("--temperature=0.7", words)).toContain(`--sampling '{"temperature": 0.7}'`);
    expect(peerAdvice("--seed", words)).toContain(`--sampling '{"seed": 1}'`);
    expect(peerAdvice("--batch-size", ["--batch-size", "8"])).toContain("--slots 8");
    expect(peerAdvice("--colour", words)).toBeNull();
    const [, typed = ""] = /--sampling (.*)$/.exec(peerAdvice("--stop", words) ?? "") ?? [];
    const read = execFileSync("/bin/sh", ["-c", `printf %s ${typed}`]).toString();
    expect(JSON.parse(read)).toEqual({ stop: "it's" });
  });

  test("are no flags of ours, and the advised ones are", () => {
    const own = new Set(infer?.options.map((option) => option.long));
    const names = PEER_FLAGS.flatMap(([all]) => all);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(own).not.toContain(name);
      for (const [advised] of (peerAdvice(name, [name, "1"]) ?? "").matchAll(/--[a-z-]+/g))
        expect(own).toContain(advised);
    }
  });
});

test("a mistake in JSON is placed by line and column, wherever it is", () => {
  fc.assert(
    fc.property(fc.nat({ max: 30 }), fc.nat({ max: 30 }), (lines, spaces) => {
      const text = `{${"\n".repeat(lines)}${" ".repeat(spaces)}§}`;
      const column = spaces + 1 + (lines === 0 ? 1 : 0);
      expect(() => readJsonOption("--schema", text, "ROWMILL_INVALID_SCHEMA")).toThrow(
        `line ${lines + 1}, column ${column}:`,
      );
    }),
  );
});

test("a text has no mistake exactly when it is JSON", () => {
  const nearlyJson = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "0", "-", "e", " ", "nul"))
    .map(
      ([json, place, extra]) =>
        json.slice(0, place % (json.length + 1)) + extra + json.slice(place % (json.length + 1)),
    );
  fc.assert(
    fc.property(
      fc.oneof(nearlyJson, fc.json(), fc.string({ unit: fc.constantFrom(...'[]{}:,"\\truefalsn01.-e ') })),
      (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(findJsonMistake(text) === null).toBe(isJson);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a text that ends too early has its mistake at the end", () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }), fc.nat(), (value, place) => {
      const json = JSON.stringify(value);
      const cut = json.slice(0, 1 + (place % (json.length - 1)));
      // a cut escape or number may be refused a few characters earlier
      expect(findJsonMistake(cut)).toBeGreaterThan(cut.length - 7);
    }),
  );
});

test("in a hundred thousand levels nobody looks for the mistake", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    expect(findJsonMistake(`${open.repeat(100_000)}1`)).toBeNull();
    expect(findJsonMistake(`${open.repeat(900)}x${close.repeat(900)}`)).toBe(open.length * 900);
  }
});

describe("what reaches the terminal", () => {
  test("no row can steer it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(cellText(`\x1b[2J${text}\u202e\x9b31m`)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028-\u202e]/);
      }),
    );
  });

  test("a cut text is as long as allowed and marked", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-composite" }), fc.integer({ min: 1, max: 40 }), (text, length) => {
        const short = shorten(text, length);
        expect([...short].length).toBeLessThanOrEqual(length);
        expect(short === text || short.endsWith("…")).toBe(true);
      }),
    );
  });

  test("a table stays within its columns' widths", () => {
    const table = renderTable(
      [
        { head: "text", width: 10 },
        { head: "n", align: "right" },
      ],
      [
        ["one two three four", "1"],
        ["日本語のテキスト", "200"],
      ],
    );
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(17);
    expect(table).toContain("200");
  });

  test("wrapped words keep their order and fit where they can", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 9, max: 40 }), (list, width) => {
        const lines = wrapWords(list.join(" "), width);
        expect(lines.join(" ")).toBe(list.join(" "));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  test("numbers have units", () => {
    expect(formatSeconds(4.26)).toBe("4.3 s");
    expect(formatSeconds(3725)).toBe("1 h 2 min");
    expect(formatBytes(5_958_944)).toBe("6.0 MB");
    expect(formatBytes(999)).toBe("999 bytes");
  });
});

describe("the first rows", () => {
  const job = {
    columnParts: ["text"],
    outputColumn: "inference_result",
    kind: "table" as const,
    labelProbabilities: false,
  };
  const columns = [{ name: "text", type: "string" as const }];
  const shown = (row: Record<string, unknown>, width: number) =>
    stripVTControlCharacters(renderPreview([row, row], { ...job, columns }, width));

  test("fit the terminal, however many keys an output has and however long their names are", () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[a-z_]{1,30}$/), { minLength: 1, maxLength: 20 });
    const value = fc.oneof(fc.string({ maxLength: 60 }), fc.integer());
    fc.assert(
      fc.property(keys, value, fc.integer({ min: 40, max: 200 }), (names, cell, width) => {
        const row = { text: "A tent ".repeat(40), ...Object.fromEntries(names.map((name) => [`k${name}`, cell])) };
        for (const line of shown(row, width).split("\n")) expect(line.length).toBeLessThanOrEqual(width);
      }),
      { numRuns: 100 },
    );
  });

  test("name the columns that have no room", () => {
    const row = { text: "t", ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`key_number_${at}`, at])) };
    expect(shown(row, 80)).toMatch(/… and the columns key_number_\d, .*key_number/);
    expect(shown(row, 200)).not.toContain("and the columns");
  });

  test("say how an output ended where that was asked for", () => {
    const row = { text: "t", inference_result: "good", confidence: 1, finish_reason: "length", input_truncated: false };
    const [head] = shown(row, 80).split("\n");
    expect(head).toMatch(/^text +inference_result +finish_reason +input_truncated$/);
    expect(shown(row, 80)).toMatch(/good +length +false/);
  });
});

test("results that are not all there are warned of, whole ones are not", () => {
  const job = { jobId: "job-1", rowsTotal: 20_000, rowsDone: 3000 };
  expect(missingRows({ ...job, status: "RUNNING" })).toBe(
    "warning: job-1 is RUNNING: 17,000 of 20,000 rows have no result yet",
  );
  expect(missingRows({ ...job, status: "FAILED", rowsDone: 19_999 })).toBe(
    "warning: job-1 is FAILED: 1 of 20,000 rows has no result",
  );
  expect(missingRows({ ...job, status: "SUCCEEDED" })).toBeNull();
  expect(missingRows({ ...job, status: "CANCELLED", rowsDone: 20_000 })).toBeNull();
});

test("a dry run says what becomes of rows that are too long", () => {
  const estimate = {
    ...{ model: "starter", rows: 9, emptyRows: 0, tooLongRows: 1, inputTokens: 90, maxOutputTokens: 90 },
    ...{ columnChoice: null, sharedTokens: 0, computedTokens: 90, inputTokensBasis: "counted" as const },
    ...{ warnings: [], cost: null, seconds: 4, secondsBasis: "measured" as const },
    memory: {
      ...{ bytes: 9e9, availableBytes: 8e9, fits: false, place: "GPU" as const },
      ...{ workers: 1, slots: 16, slotTokens: 900 },
    },
  };
  expect(renderEstimate(estimate, true)).toMatch(/too long, to be cut +1/);
  expect(renderEstimate(estimate, false)).toMatch(/too long, to be error rows +1/);
  expect(renderEstimate(estimate, false)).toMatch(/time +at most about 4 s/);
  expect(renderEstimate(estimate, false)).toMatch(
    /memory +9.0 GB with 1 worker of 16 slots of 900 tokens, of the GPU's 8.0 GB: does not fit/,
  );
  const fitting = { ...estimate, memory: { ...estimate.memory, fits: true } };
  expect(renderEstimate(fitting, false)).toMatch(/8.0 GB: fits$/m);
});

test("the doctor speaks words and ends with a verdict", () => {
  const report = {
    home: "/h",
    runnerPid: null,
    machine: {
      ...{ platform: "linux", arch: "x64", cpuModel: "C", cores: 2, physicalCores: 2, memoryBytes: 1e9 },
      ...{ freeMemoryBytes: 1e9, node: "v20", nodeLlamaCpp: "3", llamaCppRelease: "b1" },
    },
    backend: {
      backend: "cpu",
      release: "b1",
      unused: [{ backend: "cuda" as const, reason: "missing: an NVIDIA driver (libcuda.so.1)" }],
      devices: [],
      vramBytes: 0,
      freeVramBytes: 0,
      unifiedVramBytes: 0,
      failure: null,
    },
    engine: { name: "node-llama-cpp", reason: "why" },
    waiting: ["job-1 is waiting for a runner"],
    disk: { mount: "/", freeBytes: 2e9, trouble: null },
    counters: { isShared: true, reason: null },
    models: [
      { model: "big", isDefault: true, isHere: false, bytes: 12.5e9, fits: false, memory: null, problem: null },
      {
        ...{ model: "myModel", isDefault: false, isHere: true, bytes: 6e6, fits: true, problem: null },
        memory: {
          ...{ bytes: 3e7, availableBytes: 1e9, fits: true, place: "CPU" as const },
          ...{ workers: 2, slots: 1, slotTokens: 1000 },
        },
      },
      { model: "odd", isDefault: false, isHere: true, bytes: 9, fits: null, memory: null, problem: "odd is damaged" },
    ],
    calibrations: [
      {
        ...{ model: "m", madeAt: "2026-11-28T21:03:59.000Z", rows: 96, skipped: 0, mostRows: 200 },
        chosen: { workers: 2, threads: 1, slots: 8, draftTokens: 8, rowsPerSecond: 116.4 },
        trials: [
          { workers: 2, threads: 1, slots: 8, draftTokens: 0, rowsPerSecond: 109 },
          { workers: 2, threads: 1, slots: 8, draftTokens: 8, rowsPerSecond: 116.4 },
        ],
      },
    ],
  };
  const command = (...words: string[]) => ["npx", "rowmill", ...words].join(" ");
  const shown = stripVTControlCharacters(renderReport(report, command));
  expect(shown.split("\n").at(-1)).toBe("ready: node-llama-cpp on cpu");
  expect(shown).toMatch(/m, 2026-11-28 21:03:59 +2 × 1 × 8 .* with drafts of 8 tokens, 116 rows\/s: the best of 2/);
  expect(shown).not.toMatch(/[a-z](Bytes|Pid|Shared)/);
  expect(shown).toMatch(
    /big \(default\) +not on this machine \(npx rowmill models pull big, about 13 GB\): it would not fit/,
  );
  expect(shown).toMatch(/myModel +30 MB with 2 workers of 1 slot of 1,000 tokens, of the CPU's 1.0 GB: fits/);
  expect(shown).toMatch(/odd +odd is damaged/);
  expect(shown).toMatch(/why not CUDA +missing: an NVIDIA driver/);
  expect(shown).toMatch(/why not the faster one +why$/m);
  expect(shown).not.toMatch(/failure/);
  const broken = renderReport({ ...report, backend: { ...report.backend, failure: "no binary" } }, command);
  expect(broken.split("\n").at(-1)).toBe("not ready: node-llama-cpp can't load a backend: no binary");
});

describe("the demo's count", () => {
  const tickets = readDemoTables().find(({ name }) => name === "tickets");
  if (tickets === undefined) throw new Error("the demo has no tickets");
  const row = { message: "m", topic: "billing", urgency: "low", order_id: "" };
  const score = (answer: unknown) => scoreTable(tickets, [{ ...row, answer }]);

  test("an answer is right when it is the label; an empty label is null", () => {
    const right = score('{"topic": "billing", "urgency": "high", "order_id": null}');
    expect(right.rightByField).toEqual({ topic: 1, urgency: 0, order_id: 1 });
    expect(right.validRows).toBe(1);
  });

  test("a row without an answer is wrong in every field, also where null would be right", () => {
    for (const answer of [null, "not JSON", "null"]) {
      expect(score(answer).rightByField).toEqual({ topic: 0, urgency: 0, order_id: 0 });
      expect(score(answer).validRows).toBe(0);
    }
  });

  test("an answer outside the schema is not valid", () => {
    expect(score('{"topic": "weather", "urgency": "low", "order_id": null}').validRows).toBe(0);
    expect(score('{"topic": "billing", "urgency": "low"}').validRows).toBe(0);
  });
});
