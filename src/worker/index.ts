export type { FromWorker, RowMessage, ToWorker, WorkerTask } from "./protocol.js";

/** The file that piscina loads in each thread. */
export const WORKER_FILE = new URL("./main.js", import.meta.url).href;
