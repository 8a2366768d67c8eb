import { Worker } from "node:worker_threads";
import { makeRenderings } from "./renderings.js";
import { LIMIT_MS, type TemplateTask } from "./renderTemplate.js";

// A process of its own, started by renderTemplate.ts: a template comes with a file out of the net, may loop for ever, and one
// allocation too many ends the whole process, from a thread as well.

/** Ends this process also when its parent is gone and the template never lets the event loop on: a thread has its own. */
const WATCHDOG = `setTimeout(() => process.kill(process.pid, "SIGKILL"), ${LIMIT_MS * 2})`;

process.once("message", (task: TemplateTask) => {
  new Worker(WATCHDOG, { eval: true }).unref();
  process.send?.(makeRenderings(task), () => process.disconnect());
});
process.send?.("ready");
