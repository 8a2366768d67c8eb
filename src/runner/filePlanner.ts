import { ENGINES, type EngineChoice, engineTraits, type LocalChoice, likelyEngine } from "../engine/index.js";
import type { HomeConfig } from "../jobs/index.js";
import type { ModelFile } from "../modelRef.js";
import type { MemoryFit } from "../models/index.js";
import { freeMemoryOf, type MachineBounds } from "../schedule/index.js";
import { ModelReader } from "./modelReader.js";
import {
  measureMachine,
  type PlacedFile,
  type PlannableFile,
  planGranted,
  plannableOf,
  planWith,
} from "./planForMachine.js";
import type { Granted, PlannableJob, PlannedJob, PlannedNeeds, Planner } from "./planning.js";

type LocalEngine = LocalChoice["engine"];

/** Plans jobs whose model is a file, which llama.cpp runs here. */
export class FilePlanner implements Planner {
  readonly #models = new ModelReader();

  constructor(private readonly config: HomeConfig) {}

  async plannable(job: PlannedNeeds): Promise<PlannableJob> {
    const { file } = job.modelRef as ModelFile;
    return new FileJob(file, localEngine(job), await this.#read(job, file));
  }

  /** A header with a large vocabulary takes a second of CPU. */
  atOnce(): null {
    return null;
  }

  async fit(job: PlannedNeeds): Promise<MemoryFit> {
    const { file } = job.modelRef as ModelFile;
    const plannable = await this.#read(job, file);
    const machine = await measureMachine();
    const granted = { cores: machine.cores, free: freeMemoryOf(machine), isAlone: true };
    const { plan, mostBytes, backend } = planWith(plannable, machine, granted);
    const { workers, slots, slotTokens, memoryBytes } = plan;
    return {
      ...{ bytes: memoryBytes, availableBytes: mostBytes, fits: memoryBytes <= mostBytes },
      ...{ place: backend === "cpu" ? "CPU" : "GPU", workers, slots, slotTokens },
    };
  }

  keep(jobs: readonly Pick<PlannedNeeds, "modelRef">[]): void {
    this.#models.keep(new Set(jobs.flatMap(({ modelRef }) => ("file" in modelRef ? [modelRef.file] : []))));
  }

  async #read(job: PlannedNeeds, file: string): Promise<PlannableFile> {
    const model = await this.#models.facts(file);
    return await plannableOf(job, model, this.config, engineTraits(likelyEngine(localEngine(job)).name));
  }
}

/** A job of another version may name an engine that is not known here. */
function localEngine({ engine }: Pick<PlannedNeeds, "engine">): LocalEngine {
  const known = ENGINES.find((name) => name === engine) ?? "auto";
  return known === "http" ? "auto" : known;
}

class FileJob implements PlannableJob {
  constructor(
    private readonly file: string,
    private readonly asked: LocalEngine,
    private readonly plannable: PlannableFile,
  ) {}

  get needs() {
    return this.plannable.needs;
  }

  get weightBytes(): number {
    return this.plannable.facts.weightBytes;
  }

  grant(machine: MachineBounds, granted: Granted): { planned: PlannedJob; cores: number } {
    const { planned, cores } = planGranted(this.plannable, machine, granted);
    return { planned: this.#plannedJob(planned), cores };
  }

  #plannedJob({ plan, place, mostBytes, placeReasons, facts, wishes, backend }: PlacedFile): PlannedJob {
    const { file: modelPath, asked: engine } = this;
    const { name, reason } = likelyEngine(engine);
    return {
      ...{ plan, place, mostBytes, engineName: name },
      placeReasons: [...(reason === null ? [] : [`the engine ${name}: ${reason}`]), ...placeReasons],
      variable: facts.engine.triesSettings ? { modelFile: modelPath, facts, wishes } : null,
      engine: (threads): EngineChoice => ({ engine, modelPath, threads, backend }),
    };
  }
}
