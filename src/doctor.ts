import { loadAddon } from "./addon.js";
import { likelyEngine } from "./engine/index.js";
import { diskFacts, leaseHolder } from "./jobs/index.js";
import { type FitRequest, fitModels } from "./modelFits.js";
import { backendFacts, machineFacts } from "./models/index.js";
import type { DoctorReport } from "./rowmillOptions.js";
import { calibrationsOf } from "./runner/index.js";
import { waitingSentences } from "./waitingJobs.js";

/** Looks at the machine and the home. Loads the backend. */
export async function examine(request: FitRequest): Promise<DoctorReport> {
  const { home } = request;
  const { reason } = loadAddon();
  return {
    home: home.path,
    runnerPid: leaseHolder(home.catalog)?.pid ?? null,
    waiting: waitingSentences(home),
    disk: diskFacts(home.path),
    machine: machineFacts(),
    backend: await backendFacts(),
    engine: likelyEngine("auto"),
    counters:
      reason === null
        ? { isShared: true, reason: null }
        : { isShared: false, reason: `${reason}; other processes see the progress once a second` },
    models: await fitModels(request),
    calibrations: calibrationsOf(home.catalog),
  };
}
