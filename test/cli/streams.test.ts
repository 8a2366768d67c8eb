import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./runRowmill.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const INFER = "rowmill infer in.csv --column text --model starter --choices good,bad";

let desk: Desk;
let jobId: string;

/** Runs a line of bash in which `rowmill` is the built command. */
function shell(line: string) {
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["-c", `rowmill() { "${process.execPath}" "${MAIN}" "$@"; }; ${line}`],
    {
      cwd: desk.folder,
      env: { ...process.env, ROWMILL_HOME: desk.home, TMPDIR: desk.folder, NO_COLOR: "1" },
      encoding: "utf8",
    },
  );
  return { status, stdout, stderr };
}

beforeAll(async () => {
  desk = new Desk();
  desk.write("in.csv", "id,text\n1,The soup was cold.\n2,A fine tent.\n");
  desk.write("job.csv", "id,text\n1,The soup was cold.\n2,A fine tent.\n");
  const words = ["infer", "job.csv", "--column", "text", "--model", "starter", "--choices", "good,bad"];
  jobId = (await desk.json<{ jobId: string }>(...words)).jobId;
});
afterAll(() => desk[Symbol.dispose]());

test("a reader that leaves both streams ends neither the job's watching nor its file", () => {
  const { stdout } = shell(`( ${INFER} --output both.csv; echo "$?" > code ) 2>&1 | head -c 1`);
  expect(stdout).toHaveLength(1);
  expect(readFileSync(join(desk.folder, "both.csv"), "utf8").trimEnd().split("\n")).toHaveLength(3);
  expect(readFileSync(join(desk.folder, "code"), "utf8")).toBe("0\n");
});

test.for(["jobs list --json", "jobs results ID", "models list", "--help", "quotas"])(
  "%s: a full stdout is an error in a line, a reader that leaves is none",
  (words) => {
    const command = `rowmill ${words.replace("ID", jobId)}`;
    const full = shell(`${command} > /dev/full`);
    expect(full.stderr).toMatch(/^error: stdout can't be written: the disk is full/m);
    expect(full.status).toBe(2);
    const left = shell(`set -o pipefail; ${command} | true`);
    expect(left.stderr).not.toMatch(/error|EPIPE/);
    expect(left.status).toBe(0);
  },
);

test("results that are printed lie in no temporary file", () => {
  const before = readdirSync(desk.folder);
  expect(shell(`rowmill jobs results ${jobId} --format parquet | head -c 4`).stdout).toBe("PAR1");
  expect(readdirSync(desk.folder)).toEqual(before);
});

test("a file that is replaced keeps its mode, a new one has the umask's, a link's target is made", () => {
  desk.write("private.csv", "old");
  chmodSync(join(desk.folder, "private.csv"), 0o600);
  symlinkSync("target.csv", join(desk.folder, "link.csv"));
  for (const name of ["private", "new", "link"])
    expect(shell(`umask 027; rowmill jobs results ${jobId} --output ${name}.csv`).status).toBe(0);
  const mode = (name: string) => statSync(join(desk.folder, name)).mode & 0o777;
  expect([mode("private.csv"), mode("new.csv"), mode("target.csv")]).toEqual([0o600, 0o640, 0o640]);
  expect(lstatSync(join(desk.folder, "link.csv")).isSymbolicLink()).toBe(true);
});

test.skipIf(process.platform === "win32")(
  "a link to a descriptor that the command was given writes behind what its file holds",
  () => {
    desk.write("held.csv", "before\n");
    symlinkSync("/dev/fd/19", join(desk.folder, "given.csv"));
    const { status, stderr } = shell(`rowmill jobs results ${jobId} --output given.csv 19>> held.csv`);
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(desk.folder, "held.csv"), "utf8")).toMatch(/^before\nid,text,inference_result\n1,/);
    const none = shell(`rowmill jobs results ${jobId} --output given.csv 19>&-`);
    expect([none.status, none.stderr]).toEqual([2, expect.stringMatching(/^error: .*\[ROWMILL_NOT_WRITABLE\]\n$/)]);
  },
);

test.skipIf(process.platform === "win32")("a stream whose path names no format gets what jobs results prints", () => {
  const printed = shell(`rowmill jobs results ${jobId}`).stdout;
  expect(printed).toContain('"inference_result"');
  for (const path of ["/dev/stdout", "/dev/fd/1"])
    expect(shell(`rowmill jobs results ${jobId} --output ${path}`).stdout).toBe(printed);
  expect(shell(`rowmill jobs results ${jobId} --output /dev/stdout > plain; cat plain`).stdout).toBe(printed);
  expect(shell(`mkfifo pipe; cat pipe & rowmill jobs results ${jobId} --output pipe; wait`).stdout).toBe(printed);
});

/** Writes results to each descriptor of the process that was not open when it began, by several names. */
const WRITE_TO_OWN = `
  import { readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
  const [index, jobId] = process.argv.slice(1);
  const given = new Set(readdirSync("/proc/self/fd"));
  const { Rowmill } = await import(index);
  symlinkSync("/dev/fd", "descriptors");
  const mill = new Rowmill();
  const codes = new Set();
  for (let number = 3; number < 64; number++) {
    if (given.has(String(number))) continue;
    for (const path of ["/dev/fd/", "/proc/thread-self/fd/", "descriptors/"]) {
      rmSync("own.csv", { force: true });
      symlinkSync(path + number, "own.csv");
      codes.add(await mill.writeJobResults(jobId, "own.csv").then(() => "written", ({ code }) => code));
    }
  }
  console.log(JSON.stringify([...codes]));
  process.exit();`;

test.skipIf(process.platform !== "linux")(
  "a link to a descriptor of Rowmill's own files is refused, and they stay as they are",
  () => {
    const database = join(desk.home, "jobs", jobId, "job.db");
    const before = readFileSync(database);
    desk.write("own.mjs", WRITE_TO_OWN);
    const index = new URL("../../dist/index.js", import.meta.url).href;
    const { stdout, stderr } = shell(`"${process.execPath}" --input-type=module -e "$(cat own.mjs)" ${index} ${jobId}`);
    expect(stdout, stderr).toBe('["ROWMILL_NOT_WRITABLE"]\n');
    expect(readFileSync(database).equals(before)).toBe(true);
  },
);

/** Loaded into a command: kills it while it writes a file, with half of the first piece written or all but its name. */
const KILL = `
  const fs = require("node:fs/promises");
  const die = () => process.kill(process.pid, "SIGKILL");
  const { open } = fs;
  if (process.env.KILLED_AT === "rename") fs.rename = die;
  else
    fs.open = async (path, ...rest) => {
      const file = await open(path, ...rest);
      const { writeFile } = Object.getPrototypeOf(file);
      if (String(path).endsWith(".part"))
        file.writeFile = async (bytes) => {
          await writeFile.call(file, bytes.subarray(0, bytes.length / 2));
          die();
        };
      return file;
    };
  require("node:module").syncBuiltinESMExports();`;

test.for(["write", "rename"])(
  "a SIGKILL at the %s of results loses neither the old file nor the job's results",
  (moment) => {
    desk.write("kept.csv", "old");
    const parts = () => readdirSync(desk.folder).filter((name) => name.endsWith(".part"));
    const killed = shell(
      `KILLED_AT=${moment} NODE_OPTIONS="--require ${desk.write("kill.cjs", KILL)}" ${INFER} --name killed-${moment} --output kept.csv`,
    );
    expect(killed.status, killed.stderr).toBe(137);
    expect(readFileSync(join(desk.folder, "kept.csv"), "utf8")).toBe("old");
    // it was in its middle
    expect(parts()).toHaveLength(1);
    const jobs = JSON.parse(shell("rowmill jobs list --json").stdout) as {
      jobId: string;
      name: string;
      status: string;
    }[];
    const job = jobs.find(({ name }) => name === `killed-${moment}`);
    expect(job?.status).toBe("SUCCEEDED");
    expect(shell(`rowmill jobs results ${job?.jobId} --output kept.csv`).status).toBe(0);
    const lines = readFileSync(join(desk.folder, "kept.csv"), "utf8").trimEnd().split("\n");
    expect(lines).toEqual(["id,text,inference_result", ...lines.slice(1)]);
    expect(lines.slice(1).every((line) => /^[12],.*,(?:good|bad)$/.test(line))).toBe(true);
    expect(lines).toHaveLength(3);
    expect(parts()).toEqual([]);
  },
);

test("a device that is full is one line and exit code 2, and what has no ending is refused", () => {
  symlinkSync("/dev/full", join(desk.folder, "full.csv"));
  const full = shell(`rowmill jobs results ${jobId} --output full.csv`);
  expect([full.status, full.stderr]).toEqual([2, expect.stringMatching(/^error: .*\[ROWMILL_DISK_FULL\]\n$/)]);
  const none = shell(`rowmill jobs results ${jobId} --output noEnding`);
  expect([none.status, none.stderr]).toEqual([2, expect.stringMatching(/^error: .*\[ROWMILL_UNKNOWN_FORMAT\]\n$/)]);
});

test("--quiet still says why a job failed, and nothing else", () => {
  const schema = `'{"type":"object","properties":{"a":{"type":"string","minLength":40}},"required":["a"]}'`;
  const options = `--schema ${schema} --sampling '{"maxTokens":3}' --output never.csv`;
  const { status, stdout, stderr } = shell(`rowmill --quiet infer in.csv --column text --model starter ${options}`);
  expect(stderr).toMatch(/^error: job-[0-9a-f-]+ has failed: .+\n$/);
  expect([status, stdout]).toEqual([1, ""]);
  expect(existsSync(join(desk.folder, "never.csv"))).toBe(false);
});

test("the status of a job that nobody knows is no success", () => {
  const { status, stdout, stderr } = shell("rowmill jobs status job-0");
  expect([status, stdout]).toEqual([2, "UNKNOWN\n"]);
  expect(stderr).toMatch(/ROWMILL_NO_SUCH_JOB/);
});

test("--progress none shows none, and without a terminal there are lines, not a bar", () => {
  expect(shell(`${INFER} --progress none`).stderr).not.toContain("Progress:");
  const { stderr } = shell(INFER);
  expect(stderr).toMatch(/^Progress: 100% 2\/2 /m);
  for (const sign of ["\x1b", "\r"]) expect(stderr).not.toContain(sign);
});

test("escapes out of a header, a path and a job's name reach no terminal", () => {
  const hostile = "x\x1b[2Jy\u009b31m\u202ez";
  desk.write("hostile.csv", `${hostile},text\n1,a\n`);
  const lines = [
    `rowmill infer hostile.csv --column $'${hostile}q' --model starter`,
    `rowmill infer $'${hostile}.csv' --column text --model starter`,
    `rowmill infer hostile.csv --column $'${hostile}' --model starter --choices good,bad --name $'${hostile}'`,
    "rowmill jobs list",
    'rowmill jobs show $(rowmill jobs list --json | sed \'s/.*"jobId":"\\(job-[^"]*\\)".*/\\1/;q\' | head -1)',
    `rowmill models show $'${hostile}'`,
    `rowmill schema check $'${hostile}'`,
    `rowmill $'--${hostile}'`,
  ];
  for (const line of lines) {
    const { stdout, stderr } = shell(line);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout + stderr, line).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
  }
  expect(shell(lines[0] as string).stderr).toContain("x\\u001b[2Jy\\u009b31m\\u202ezq");
});
