import { makeRenderings } from "./renderings.js";
import type { TemplateTask } from "./renderTemplate.js";

// A process of its own, started by renderTemplate.ts: a template comes with a file out of the net, may loop for ever, and one
// allocation too many ends the whole process, from a thread as well.

process.once("message", (task: TemplateTask) => {
  process.send?.(makeRenderings(task), () => process.disconnect());
});
process.send?.("ready");
