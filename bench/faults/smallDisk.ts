import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own, small enough to be filled: needs the right to mount. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "rowmill-disk-"));
  readonly #filler = join(this.path, "filler");
  #files = 0;

  /** @param options of the mount, e.g. "size=6m"
   *  @returns null, having said so, where mounting is not allowed */
  static mount(options: string): SmallDisk | null {
    const disk = new SmallDisk();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk.path], { stdio: "pipe" });
      return disk;
    } catch (error) {
      rmSync(disk.path, { recursive: true });
      const why = error instanceof Error ? error.message.split("\n").at(-1) : String(error);
      console.log(`skipped: a small file system can't be mounted here (${why || "not root on Linux"})`);
      return null;
    }
  }

  /** Takes all the room that is left, to the last byte. */
  fill(): void {
    const descriptor = openSync(this.#filler, "a");
    try {
      for (let bytes = 1 << 20; bytes > 0; ) {
        try {
          writeSync(descriptor, Buffer.alloc(bytes));
        } catch (error) {
          if (!isFull(error)) throw error;
          bytes >>= 1;
        }
      }
    } finally {
      closeSync(descriptor);
    }
  }

  /** Takes all the inodes that are left. */
  fillInodes(): void {
    try {
      for (; ; this.#files++) writeFileSync(`${this.#filler}-${this.#files}`, "");
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** Gives back what was taken. */
  free(): void {
    rmSync(this.#filler, { force: true });
    for (; this.#files >= 0; this.#files--) rmSync(`${this.#filler}-${this.#files}`, { force: true });
    this.#files = 0;
  }

  [Symbol.dispose](): void {
    // a runner that is about to end may still have a file open
    execFileSync("umount", ["-l", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}
