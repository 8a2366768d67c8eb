import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Desk } from "./runRowmill.js";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 3 });

let desk: Desk;

beforeAll(() => {
  desk = new Desk({
    quotas: [
      { rowQuota: 4, tokenQuota: 1_000_000 },
      { rowQuota: 4, tokenQuota: 30 },
    ],
  });
  desk.write("good.csv", "id,text\n1,The soup was cold.\n2,A fine tent.\n");
  symlinkSync("good.csv", join(desk.folder, "link.csv"));
  desk.write("five.csv", "text\na\nb\nc\nd\ne\n");
  desk.write("empty.csv", "id,text\n");
  desk.write("ragged.csv", "id,text\n1,a\n2,b,c,d\n");
  desk.write("quote.csv", 'id,text\n1,"never closed\n');
  desk.write("mixed.jsonl", '{"text": "a"}\n"b"\n');
  desk.write("latin1.csv", Buffer.concat([Buffer.from("text\ncaf"), Buffer.from([0xe9]), Buffer.from("\n")]));
  desk.write("broken.json", '{\n  "type": "object",\n  "properties" {}\n}\n');
});
afterAll(() => desk[Symbol.dispose]());

const onStarter = ["--model", "starter"];
/** What was typed, the code, and what the line must say. */
const mistakes: [title: string, words: string[], code: string | null, says: RegExp][] = [
  ["no such file", ["infer", "nowhere.csv", "--column", "text", ...onStarter], "ROWMILL_NO_SUCH_FILE", /nowhere\.csv/],
  [
    "no such column names the columns there",
    ["infer", "good.csv", "--column", "txet", ...onStarter],
    "ROWMILL_NO_SUCH_COLUMN",
    /"txet".*"id", "text"/,
  ],
  [
    "no column for a table names the columns there",
    ["infer", "good.csv", ...onStarter],
    "ROWMILL_COLUMN_MISSING",
    /--column NAME.*"id", "text"/,
  ],
  [
    "a flag of other programs",
    ["infer", "good.csv", "--column", "text", ...onStarter, "--max-tokens", "64"],
    null,
    /unknown option '--max-tokens': .*--sampling '\{"maxTokens": 64\}'/,
  ],
  [
    "several columns that are none name the columns there",
    ["infer", "good.csv", "--column", "idd", "--column", "txet", ...onStarter],
    "ROWMILL_NO_SUCH_COLUMN",
    /no column "idd", "txet": the columns are "id", "text"; did you mean "id", "text"\?/,
  ],
  [
    "a misspelt column beside a right one names the columns there",
    ["infer", "good.csv", "--column", "id", "--column", "txet", ...onStarter],
    "ROWMILL_NO_SUCH_COLUMN",
    /no column "txet": the columns are "id", "text"; did you mean "text"\?/,
  ],
  [
    "neither rows nor a share says that both are taken",
    ["infer", "good.csv", "--column", "text", ...onStarter, "--max-failed", "abc"],
    null,
    /'--max-failed <rows>'.*'abc'.* whole number, or a share such as 5%/,
  ],
  [
    "a file where `schema` has a command",
    ["schema", "broken.json"],
    null,
    /unknown command.*`.* schema check broken\.json`/,
  ],
  ["a file where a command is to stand", ["good.csv"], null, /unknown command.*`.* infer good\.csv`/],
  ["an id where `jobs` has a command", ["jobs", "job-5f0c1a2b"], null, /unknown command.*`.* jobs show job-5f0c1a2b`/],
  ["a name where `models` has a command", ["models", "starter"], null, /unknown command.*`.* models show starter`/],
  [
    "a share of rows that is none repeats it",
    ["infer", "good.csv", "--column", "text", ...onStarter, "--max-failed", "200%"],
    "ROWMILL_BAD_OPTION",
    /--max-failed is wrong: .*, not "200%"/,
  ],
  [
    "a number that is too small is told by the facade",
    ["infer", "good.csv", "--column", "text", ...onStarter, "--limit", "-1"],
    "ROWMILL_BAD_OPTION",
    /--limit must be at least 1, not -1/,
  ],
  ["an empty table", ["infer", "empty.csv", "--column", "text", ...onStarter], "ROWMILL_EMPTY_TABLE", /empty\.csv/],
  [
    "a ragged CSV names the line",
    ["infer", "ragged.csv", "--column", "text", ...onStarter],
    null,
    /ragged\.csv.*line 3|line 3.*ragged\.csv|ragged\.csv:3/,
  ],
  ["an unclosed quote", ["infer", "quote.csv", "--column", "text", ...onStarter], null, /quote\.csv/],
  ["mixed types", ["infer", "mixed.jsonl", "--column", "text", ...onStarter], null, /mixed\.jsonl/],
  ["a row that is not UTF-8", ["infer", "latin1.csv", "--column", "text", ...onStarter], null, /UTF-8/],
  [
    "a column that is there already",
    ["infer", "good.csv", "--column", "text", "--output-column", "id", ...onStarter],
    "ROWMILL_DUPLICATE_COLUMN",
    /"id"/,
  ],
  [
    "a model that nobody knows",
    ["infer", "good.csv", "--column", "text", "--model", "startre"],
    "ROWMILL_MODEL_NOT_FOUND",
    /"starter"/,
  ],
  [
    "a model file that is not there",
    ["infer", "good.csv", "--column", "text", "--model", "./no.gguf"],
    "ROWMILL_MODEL_NOT_FOUND",
    /no\.gguf/,
  ],
  [
    "too many rows",
    ["infer", "five.csv", "--column", "text", ...onStarter],
    "ROWMILL_QUOTA_EXCEEDED",
    /5 rows.*allows 4/,
  ],
  [
    "too many tokens",
    ["infer", "good.csv", "--column", "text", "--priority", "1", ...onStarter],
    "ROWMILL_QUOTA_EXCEEDED",
    /tokens.*allows 30/,
  ],
  [
    "a schema file with a mistake names the place",
    ["infer", "good.csv", "--column", "text", "--schema", "broken.json", ...onStarter],
    "ROWMILL_INVALID_SCHEMA",
    /broken\.json.*line 3, column 16/,
  ],
  [
    "an inline schema with a mistake names the place",
    ["infer", "good.csv", "--column", "text", "--schema", '{"type":', ...onStarter],
    "ROWMILL_INVALID_SCHEMA",
    /line 1, column 9/,
  ],
  [
    "a schema file that is not there",
    ["infer", "good.csv", "--column", "text", "--schema", "no.json", ...onStarter],
    "ROWMILL_INVALID_SCHEMA",
    /no\.json: no such file/,
  ],
  [
    "a schema that is none",
    ["infer", "good.csv", "--column", "text", "--schema", '{"type": "strnig"}', ...onStarter],
    null,
    /\/type/,
  ],
  [
    "a sampling parameter that nobody knows",
    ["infer", "good.csv", "--column", "text", "--sampling", '{"temprature": 1}', ...onStarter],
    "ROWMILL_UNKNOWN_OPTION",
    /"temperature"/,
  ],
  [
    "an output of an unknown format, before anything runs",
    ["infer", "good.csv", "--column", "text", "--output", "out.xlsx", ...onStarter],
    "ROWMILL_UNKNOWN_FORMAT",
    /out\.xlsx.*\.parquet/,
  ],
  [
    "an output that is written at random and not gzip'd, before anything runs",
    ["infer", "good.csv", "--column", "text", "--output", "out.parquet.gz", ...onStarter],
    "ROWMILL_UNKNOWN_FORMAT",
    /out\.parquet\.gz.*Drop "\.gz"/,
  ],
  [
    "an output in a folder that is not there",
    ["infer", "good.csv", "--column", "text", "--output", "no/out.csv", ...onStarter],
    "ROWMILL_NOT_WRITABLE",
    /no\/out\.csv: there is no folder no\./,
  ],
  [
    "one output for several models",
    ["infer", "good.csv", "--column", "text", "--model", "starter", "--model", "starter", "--output", "out.csv"],
    "ROWMILL_BAD_OPTION",
    /--model/,
  ],
  [
    "an output that is the source, before anything runs",
    ["infer", "good.csv", "--column", "text", "--output", "./good.csv", ...onStarter],
    "ROWMILL_BAD_OUTPUT",
    /\.\/good\.csv would replace the source good\.csv/,
  ],
  [
    "an output that is a link to the source",
    ["infer", "good.csv", "--column", "text", "--output", "link.csv", ...onStarter],
    "ROWMILL_BAD_OUTPUT",
    /link\.csv would replace the source good\.csv/,
  ],
  [
    "an output that is a file of the source's glob",
    ["infer", "g*.csv", "--column", "text", "--output", "good.csv", ...onStarter],
    "ROWMILL_BAD_OUTPUT",
    /good\.csv would replace the source g\*\.csv/,
  ],
  [
    "an output of a detached job says how to get it later",
    ["infer", "good.csv", "--column", "text", "--output", "later.csv", "--detach", "--unpack-json", ...onStarter],
    "ROWMILL_BAD_OPTION",
    /jobs results ID --unpack-json --output later\.csv/,
  ],
  [
    "a glob that the shell has expanded says to quote it",
    ["infer", "good.csv", "five.csv", "--column", "text"],
    null,
    /put a glob in quotes: .* infer "\*\.csv"/,
  ],
  ["a status that nobody knows", ["jobs", "list", "--status", "asleep"], null, /asleep.*RUNNING/],
  ["a home that can't be made", ["jobs", "list", "--home", "good.csv/home"], "ROWMILL_HOME_NOT_WRITABLE", /--home/],
  ["a job that nobody knows", ["attach", "job-0"], "ROWMILL_NO_SUCH_JOB", /job-0/],
  ["results of a job that nobody knows", ["jobs", "results", "job-0"], "ROWMILL_NO_SUCH_JOB", /job-0/],
  ["an unknown option names the nearest", ["infer", "good.csv", "--colunm", "text"], null, /--colunm.*--column/],
  ["an unknown command names the nearest", ["quota"], null, /quota.*quotas/],
  ["an unknown subcommand names the nearest", ["jobs", "lists"], null, /lists.*list/],
  ["a missing argument", ["attach"], null, /'id'/],
  ["options that exclude each other", ["infer", "good.csv", "--detach", "--dry-run"], null, /--detach/],
];

test.concurrent.for(mistakes)("%s: one clear line, exit code 2", async ([, words, code, says]) => {
  const { code: exitCode, stdout, stderr } = await desk.run(...words);
  expect(stderr).toMatch(says);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(stderr).toMatch(code === null ? /^error: / : new RegExp(`^error: .*\\[${code}\\]$`, "m"));
  expect(stdout).toBe("");
  expect(exitCode).toBe(2);
});

test("after all these mistakes there is no job and no half-made one", async () => {
  expect(await desk.json<unknown[]>("jobs", "list")).toEqual([]);
  expect(readdirSync(join(desk.home, "jobs"))).toEqual([]);
  expect(existsSync(join(desk.folder, "out.csv"))).toBe(false);
});
