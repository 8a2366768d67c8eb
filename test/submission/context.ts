import type { Home } from "../../src/jobs/index.js";
import type { SubmissionContext } from "../../src/submission/index.js";

/** A submission's surroundings in which nothing is shown and every download allowed.
 *  @param warn told what the submission warns of */
export function contextOf(home: Home, warn: (line: string) => void = () => undefined): SubmissionContext {
  const nothing = (): void => undefined;
  return {
    home,
    models: {},
    onPull: nothing,
    confirmDownload: () => true,
    fitMemory: async () => null,
    onModelFile: () => undefined,
    onRows: nothing,
    warn: ({ text }) => warn(text),
  };
}
