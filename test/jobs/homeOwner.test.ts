import { chmodSync, chownSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openHome } from "../../src/jobs/index.js";
import { newFolder } from "./fixture.js";

const isRoot = process.geteuid?.() === 0;
const isPosix = process.platform !== "win32";

function closedHome(): string {
  const path = join(newFolder(), "home");
  openHome(path)[Symbol.dispose]();
  return path;
}

function refusal(path: string): { code?: string; message: string } {
  try {
    openHome(path)[Symbol.dispose]();
  } catch (error) {
    return error as Error;
  }
  return { message: "not refused" };
}

test.runIf(isPosix)("a home that others may write is refused with the command that mends it", () => {
  const path = closedHome();
  chmodSync(path, 0o777);
  expect(refusal(path)).toMatchObject({
    code: "ROWMILL_HOME_NOT_PRIVATE",
    message: expect.stringContaining(`may be written by everybody: chmod go-w ${path}`),
  });
  // sticky keeps others from deleting, not from writing
  chmodSync(path, 0o1777);
  expect(refusal(path).code).toBe("ROWMILL_HOME_NOT_PRIVATE");
  chmodSync(path, 0o755);
  openHome(path)[Symbol.dispose]();
});

test.runIf(isPosix)("so is one whose jobs others may write, and one behind a link", () => {
  const path = closedHome();
  chmodSync(join(path, "jobs"), 0o757);
  expect(refusal(path).message).toContain(`chmod go-w ${join(path, "jobs")}`);
  const link = join(newFolder(), "link");
  symlinkSync(path, link);
  chmodSync(join(path, "jobs"), 0o700);
  openHome(link)[Symbol.dispose]();
  chmodSync(path, 0o777);
  expect(refusal(link).message).toContain(`chmod go-w ${path}`);
});

test.runIf(isRoot)("a group may write a home if it is the user's own, and no other group", () => {
  const path = closedHome();
  chmodSync(path, 0o770);
  openHome(path)[Symbol.dispose]();
  chownSync(path, 0, 12_345);
  expect(refusal(path).message).toContain("may be written by group 12345");
});

test.runIf(isRoot)("a home of another user is refused, also to root, with what to do", () => {
  const path = closedHome();
  chownSync(path, 12_345, 12_345);
  expect(refusal(path)).toMatchObject({
    code: "ROWMILL_HOME_NOT_PRIVATE",
    message: expect.stringMatching(/belongs to user 12345, and this is user 0: run it as user 12345, .*chown -R 0 /),
  });
});

test.runIf(isPosix)("ROWMILL_TRUST_HOME=1 takes a home as it is", () => {
  const path = closedHome();
  chmodSync(path, 0o777);
  process.env.ROWMILL_TRUST_HOME = "1";
  onTestFinished(() => void delete process.env.ROWMILL_TRUST_HOME);
  openHome(path)[Symbol.dispose]();
});
