import type { Home, JobRecord } from "../jobs/index.js";
import { kindOf, type ModelKind } from "../modelRef.js";
import type { MemoryFit } from "../models/index.js";
import { EndpointPlanner } from "./endpointPlanner.js";
import { FilePlanner } from "./filePlanner.js";
import type { PlannedNeeds, Planner } from "./planning.js";

/** One a kind of model. */
export type Planners = Readonly<Record<ModelKind, Planner>>;

export function plannersOf(home: Home): Planners {
  return { file: new FilePlanner(home.config), endpoint: new EndpointPlanner(home) };
}

export function plannerFor(planners: Planners, { modelRef }: Pick<JobRecord, "modelRef">): Planner {
  return planners[kindOf(modelRef)];
}

/** Plans a job as if it ran alone now; runs nothing.
 *  @returns null for one that takes nothing of this machine */
export async function fitMemory(needs: PlannedNeeds, home: Home): Promise<MemoryFit | null> {
  return await plannerFor(plannersOf(home), needs).fit(needs);
}
