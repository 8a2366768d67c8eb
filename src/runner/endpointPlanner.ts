import { endpointOf } from "../endpoints.js";
import type { HttpChoice } from "../engine/index.js";
import type { Home } from "../jobs/index.js";
import { type ModelEndpoint, modelKey } from "../modelRef.js";
import type { MachineBounds, Plan } from "../schedule/index.js";
import type { Granted, PlannableJob, PlannedJob, PlannedNeeds, Planner } from "./planning.js";

/** Rows that a worker holds for its requests at a time; the engine finds out how many of those an endpoint bears. */
const MOST_REQUESTS = 256;

/** Plans jobs whose model is an endpoint: one worker that sends requests, which takes nothing of this machine that counts. */
export class EndpointPlanner implements Planner {
  readonly takesMemory = false;

  constructor(private readonly home: Home) {}

  async plannable(job: PlannedNeeds): Promise<PlannableJob> {
    return this.#plannable(job);
  }

  atOnce(job: PlannedNeeds): PlannableJob | null {
    try {
      return this.#plannable(job);
    } catch {
      // said by the one who plans it in its turn
      return null;
    }
  }

  #plannable(job: PlannedNeeds): PlannableJob {
    const ref = job.modelRef as ModelEndpoint;
    const { catalog, config } = this.home;
    const endpoint = endpointOf(ref, config);
    const facts = catalog.endpointFacts(modelKey(ref)) as HttpChoice["facts"];
    return new EndpointJob(job, { engine: "http", endpoint, facts });
  }

  async fit(): Promise<null> {
    return null;
  }

  keep(): void {}
}

class EndpointJob implements PlannableJob {
  readonly needs = { leastCores: 0, mostCores: 0, place: "elsewhere", memoryBytes: 0 } as const;
  readonly weightBytes = 0;

  constructor(
    private readonly job: PlannedNeeds,
    private readonly choice: HttpChoice,
  ) {}

  grant(_machine: MachineBounds, _granted: Granted): { planned: PlannedJob; cores: number } {
    const planned = {
      ...{ plan: this.#plan(), place: "elsewhere" as const, mostBytes: 0, engineName: "http" },
      ...{ placeReasons: [], variable: null, engine: () => this.choice },
    };
    return { planned, cores: 0 };
  }

  #plan(): Plan {
    const { slots, rowsTotal, rowsDone, rowsFailed, longestRowTokens, frameTokens, sampling } = this.job;
    const most = slots || Math.min(MOST_REQUESTS, Math.max(1, rowsTotal - rowsDone - rowsFailed));
    const { urls } = this.choice.endpoint;
    return {
      ...{ workers: 1, threads: 1, slots: most, draftTokens: 0, batchTokens: 0, samplesInGraph: false, memoryBytes: 0 },
      slotTokens: longestRowTokens + frameTokens + sampling.maxTokens,
      reasons: [`requests to ${urls.join(", ")}, at a time as many as make it faster`],
    };
  }
}
