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
    const { catalog } = this.home;
    // a runner may be older than what its user has written there
    const endpoint = withSlots(endpointOf(ref, this.home.readConfig()), job.slots);
    const facts = catalog.endpointFacts(modelKey(ref)) as HttpChoice["facts"];
    return new EndpointJob(job, { engine: "http", endpoint, facts });
  }

  async fit(): Promise<null> {
    return null;
  }

  keep(): void {}
}

/** Who asks for so many slots gets no more requests at a time, all addresses together. */
function withSlots(endpoint: HttpChoice["endpoint"], slots: number): HttpChoice["endpoint"] {
  if (slots === 0) return endpoint;
  const each = Math.max(1, Math.ceil(slots / endpoint.urls.length));
  const { requests } = endpoint.limits;
  return { ...endpoint, limits: { ...endpoint.limits, requests: Math.min(requests ?? each, each) } };
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
