import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CATALOG_MIGRATIONS } from "../../src/jobs/catalogTables.js";
import { checkQuotas, estimateCost, openHome } from "../../src/jobs/index.js";
import { Sqlite } from "../../src/jobs/sqlite.js";
import { newFolder, newHome, newJobFile, submit } from "./fixture.js";

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

function configured(config: string) {
  const folder = newFolder();
  writeFileSync(join(folder, "config.json"), config);
  using home = openHome(folder);
  return home.config;
}

test("a new home's folders are the user's alone, and so are its files", () => {
  using home = openHome(join(newFolder(), "deep", "home"));
  const job = newJobFile(home, ["a"]);
  for (const folder of [home.path, join(home.path, "jobs"), join(home.path, "models"), job.folder]) {
    expect(mode(folder)).toBe("700");
  }
  const files = readdirSync(home.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map((file) => file.name)).toEqual(expect.arrayContaining(["catalog.db", "catalog.db-wal", "job.db"]));
  for (const file of files) expect(mode(join(file.parentPath, file.name))).toBe("600");
});

test("jobs are there when a home is opened again", () => {
  const folder = newFolder();
  const first = openHome(folder);
  const jobId = submit(first);
  first[Symbol.dispose]();
  using again = openHome(folder);
  expect(again.catalog.status(jobId)).toBe("QUEUED");
});

// the tests may run as root, whom permissions don't bind: so the home lies where nobody can make a folder
test.each([
  ["below a file", "file/home"],
  ["is a file", "file"],
])("a home that %s is an error", (_, place) => {
  const folder = newFolder();
  writeFileSync(join(folder, "file"), "");
  expect(() => openHome(join(folder, place))).toThrow(
    expect.objectContaining({
      code: "ROWMILL_HOME_NOT_WRITABLE",
      exitCode: 2,
      message: expect.stringContaining(place),
    }),
  );
});

test.runIf(existsSync("/proc/self"))("a home on a file system that can't be written is an error", () => {
  expect(() => openHome("/proc/self")).toThrow(expect.objectContaining({ code: "ROWMILL_HOME_NOT_WRITABLE" }));
});

test("a catalogue of a later version is left alone", () => {
  const folder = newFolder();
  openHome(folder)[Symbol.dispose]();
  const db = new Sqlite(join(folder, "catalog.db"), {
    migrations: [...CATALOG_MIGRATIONS.map(() => ""), "CREATE TABLE later (x)"],
    synchronous: "full",
  });
  db.close();
  expect(() => openHome(folder)).toThrow(expect.objectContaining({ code: "ROWMILL_STORE_TOO_NEW" }));
});

test("a schema is brought up to date once, script by script", () => {
  const path = join(newFolder(), "a.db");
  const one = "CREATE TABLE t (x); INSERT INTO t VALUES (1)";
  new Sqlite(path, { migrations: [one], synchronous: "full" }).close();
  new Sqlite(path, { migrations: [one, "ALTER TABLE t ADD COLUMN y DEFAULT 5"], synchronous: "full" }).close();
  const db = new Sqlite(path, { migrations: [one, "ALTER TABLE t ADD COLUMN y DEFAULT 5"], synchronous: "full" });
  expect(db.all("SELECT * FROM t").map((row) => ({ ...row }))).toEqual([{ x: 1, y: 5 }]);
  db.close();
});

test("settings that are left out have their defaults", () => {
  const { config } = newHome();
  expect(config).toMatchObject({ runnerIdleMinutes: 5, defaultModel: "gpt-oss-20b", engine: "auto" });
  expect(config.quotas).toHaveLength(2);
  expect(configured('{"runnerIdleMinutes": 0.5}')).toEqual({ ...config, runnerIdleMinutes: 0.5 });
});

test.each([
  ['{"runnerIdelMinutes": 1}', /no setting "runnerIdelMinutes"; did you mean "runnerIdleMinutes"\?/],
  ['{"colour": 1}', /no setting "colour"; known are quotas, /],
  ['{"quotas": [{"rowQuote": 5, "tokenQuota": 5}, {"rowQuota": 5, "tokenQuota": 5}]}', /"quotas\[0\].rowQuote?a?"/],
  ['{"quotas": [{"rowQuota": 5, "tokenQuota": 5}]}', /"quotas" needs two entries, one a priority/],
  ['{"quotas": [{"rows": 5}]}', /"quotas" needs two entries, one a priority, each \{"rowQuota": …, "tokenQuota": …\}$/],
  ['{"quotas": 5}', /"quotas" needs two entries/],
  [
    '{"quotas": [{"rowQuota": 0.5, "tokenQuota": 5}, {"rowQuota": 5, "tokenQuota": 5}]}',
    /"quotas\[0\]\.rowQuota" must be a whole number$/,
  ],
  ['{"threads": -1}', /"threads" must be at least 0$/],
  ['{"defaultModel": ""}', /"defaultModel" must not be empty$/],
  ["{", /no valid JSON/],
  ["[]", /the settings must be an object/],
])("the settings %s are an error that says what is wrong", (config, message) => {
  expect(() => configured(config)).toThrow(message);
  expect(() => configured(config)).toThrow(expect.objectContaining({ code: "ROWMILL_BAD_CONFIG", exitCode: 2 }));
});

test("a job may be as large as its priority's quotas, and no larger", () => {
  const config = configured(
    '{"quotas": [{"rowQuota": 10, "tokenQuota": 1000}, {"rowQuota": 2000, "tokenQuota": 50000}]}',
  );
  checkQuotas(config, 0, 10, 1000);
  checkQuotas(config, 1, 2000, 50000);
  const refused = (priority: 0 | 1, rows: number, tokens: number) => () => checkQuotas(config, priority, rows, tokens);
  expect(refused(0, 11, 1)).toThrow(/11 rows, priority 0 allows 10:.*quotas\[0\]\.rowQuota/);
  expect(refused(0, 1, 1001)).toThrow(/1,001 input tokens, priority 0 allows 1,000:.*tokenQuota/);
  expect(refused(1, 2001, 1)).toThrow(expect.objectContaining({ code: "ROWMILL_QUOTA_EXCEEDED", exitCode: 2 }));
});

test("a home that nobody has configured takes a million rows of a thousand tokens", () => {
  for (const priority of [0, 1] as const) checkQuotas(newHome().config, priority, 1_000_000, 1_000_000_000);
});

test("the cost is tokens times price per million, and unknown without a price", () => {
  expect(estimateCost(2_000_000, 500_000, { input: 0.1, output: 0.4 })).toBeCloseTo(0.4, 12);
  expect(estimateCost(2_000_000, 500_000, null)).toBeNull();
});
