import type { Command } from "commander";
import { examples, jobArgument, jsonOption, timeoutOption } from "./arguments.js";
import { openDoor } from "./door.js";
import { followJob } from "./follow.js";
import { printJson } from "./output.js";

export function addAttach(program: Command): void {
  program
    .command("attach")
    .summary("watch a job until it ends")
    .description("Watch a job until it ends, with a live progress bar. Ctrl-C ends the watching, never the job.")
    .addArgument(jobArgument())
    .addOption(timeoutOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill attach job-5f0c…", "watch it, from any terminal"],
        ["rowmill attach job-5f0c… --timeout 3600 --json", "wait an hour at most, then print the job's record"],
      ]),
    )
    .action(async (jobId: string, flags: { timeout?: number; json?: true }, command: Command) => {
      await using door = await openDoor(command);
      process.exitCode = await followJob(door, jobId, flags.timeout ?? null);
      if (flags.json) printJson(await door.mill.getJob(jobId));
    });
}
