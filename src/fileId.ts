import type { BigIntStats } from "node:fs";

/** A file by itself and not by its name: the same of a path and of a descriptor that has it open. */
export function fileId({ dev, ino }: Pick<BigIntStats, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}
