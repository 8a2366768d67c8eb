#!/usr/bin/env node
import "../inheritedDescriptors.js";
import { end, reportFailure } from "./failure.js";
import { outliveReaders } from "./output.js";
import { createProgram } from "./program.js";

outliveReaders();
// what nobody awaits ends as everything else does
process.on("uncaughtException", (error) => end(reportFailure(error)));
try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportFailure(error);
}
end(Number(process.exitCode ?? 0));
