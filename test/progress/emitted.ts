import { emitFolder } from "../emitFolder.js";

/** src/progress as JavaScript; see `emitFolder`. */
export function emitProgress(folder: string): string {
  return emitFolder(folder, "progress");
}
