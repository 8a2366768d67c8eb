import { messageOf, RowmillError } from "../../src/errors.js";

/** Runs a command: a user's mistake is one line and exit code 2, anything else a bug, with its stack, and 70. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const isMistake = error instanceof RowmillError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    console.error(isMistake ? messageOf(error) : error);
    process.exitCode = isMistake ? 2 : 70;
  }
}
