/** The address of a built source, for the threads and processes that a test starts: they know no TypeScript.
 *  @param path  of the compiled file, from src/: "progress/index.js" */
export function builtUrl(path: string): string {
  return new URL(`../dist/${path}`, import.meta.url).href;
}
