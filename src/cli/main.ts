#!/usr/bin/env node
import { reportFailure } from "./failure.js";
import { endQuietlyOnClosedPipe, exitWhenWritten } from "./output.js";
import { createProgram } from "./program.js";

endQuietlyOnClosedPipe();
// what nobody awaits ends as everything else does
process.on("uncaughtException", (error) => exitWhenWritten(reportFailure(error)));
try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportFailure(error);
}
exitWhenWritten(Number(process.exitCode ?? 0));
