/** Where a job's bytes come from: the machine's memory, the GPU's, both at once where they are one and the same, or the GPU's as
 *  far as it goes and the machine's for the rest; or it runs elsewhere. */
export type MemoryPlace = "host" | "gpu" | "unified" | "spread" | "elsewhere";

/** What a job takes at least, by its smallest plan. */
export interface Needs {
  readonly leastCores: number;
  /** It gains nothing from more. */
  readonly mostCores: number;
  readonly place: MemoryPlace;
  readonly memoryBytes: number;
}

export interface QueuedJob {
  readonly jobId: string;
  /** 0 is before 1. */
  readonly priority: number;
  readonly model: string;
  /** Null until it has been planned. */
  readonly needs: Needs | null;
  /** Of what it needs on the GPU, what it finds there: its model is loaded and nobody uses it. */
  readonly warmBytes: number;
  /** So many jobs behind it have started before it. */
  readonly overtaken: number;
}

export interface ActiveJob {
  readonly jobId: string;
  readonly model: string;
  readonly cores: number;
  /** What it will still take of the memory that is free: all of its plan's until it has results, then nothing. */
  readonly due: FreeMemory;
}

/** Bytes of the machine's own memory and of its GPUs. */
export interface FreeMemory {
  readonly hostBytes: number;
  readonly gpuBytes: number;
}

export interface Machine {
  /** All, busy or not. */
  readonly cores: number;
  /** As measured, with what active jobs have taken already. */
  readonly free: FreeMemory;
}

/** What a job may be planned with. */
export interface Start {
  readonly jobId: string;
  readonly cores: number;
  readonly free: FreeMemory;
}

/** Why a job does not start: it has not been planned; there is too little of something; its model runs on the GPU already; one
 *  that is before it in turn must not be overtaken again. */
export type Lack = "plan" | "cores" | "memory" | "gpuMemory" | "model" | "turn";

export interface Wait {
  readonly jobId: string;
  readonly for: Lack;
  /** As in `QueuedJob`, with those that start now. */
  readonly overtaken: number;
}

export interface Schedule {
  readonly start: readonly Start[];
  /** Active jobs that are to give way. */
  readonly park: readonly string[];
  readonly wait: readonly Wait[];
}

/** A job that does not fit beside the active ones lets so many behind it start first; then none, until it has. */
export const MOST_OVERTAKEN = 8;

/** Which of the waiting jobs start now, beside those that run. They are taken by priority, then by age, and one that does
 *  not fit is passed over, `MOST_OVERTAKEN` times at most. Where nothing runs, the first one starts whatever it needs: its plan
 *  tells whether it can. Cores are shared out among the models that wait, so that jobs of different models run beside each
 *  other from the start; jobs of the same model wait for their turn, as far as the first takes all cores, and always on a
 *  GPU: one at a time is as fast, and the first ends sooner.
 *  @param queued  the oldest first
 *  @returns each queued job, either in `start` or in `wait`, in the order of their turn */
export function schedule(queued: readonly QueuedJob[], active: readonly ActiveJob[], machine: Machine): Schedule {
  const inTurn = [...queued].sort((a, b) => a.priority - b.priority);
  const here = scheduleHere(
    inTurn.filter((job) => !isElsewhere(job)),
    active.filter(({ cores }) => cores > 0),
    machine,
  );
  const elsewhere = scheduleElsewhere(inTurn.filter(isElsewhere), active);
  const placeOf = new Map(inTurn.map(({ jobId }, place) => [jobId, place]));
  const ordered = <One extends { readonly jobId: string }>(ones: readonly One[]): One[] =>
    [...ones].sort((a, b) => (placeOf.get(a.jobId) ?? 0) - (placeOf.get(b.jobId) ?? 0));
  return {
    start: ordered([...here.start, ...elsewhere.start]),
    park: [],
    wait: ordered([...here.wait, ...elsewhere.wait]),
  };
}

const isElsewhere = ({ needs }: QueuedJob): boolean => needs?.place === "elsewhere";

/** Jobs that take nothing of this machine: one at a time of a model, since one fills it. Whether it answers or not, no other job
 *  waits for it, or is overtaken by it. */
function scheduleElsewhere(inTurn: readonly QueuedJob[], active: readonly ActiveJob[]): Omit<Schedule, "park"> {
  const models = new Set(active.map(({ model }) => model));
  const start: Start[] = [];
  const wait: Wait[] = [];
  for (const { jobId, model, overtaken } of inTurn) {
    if (models.has(model)) wait.push({ jobId, for: "model", overtaken });
    else start.push({ jobId, cores: 0, free: { hostBytes: 0, gpuBytes: 0 } });
    models.add(model);
  }
  return { start, wait };
}

/** @param inTurn  jobs that run on this machine, and the active ones that do */
function scheduleHere(
  inTurn: readonly QueuedJob[],
  active: readonly ActiveJob[],
  machine: Machine,
): Omit<Schedule, "park"> {
  /** Of those that run, or start now. */
  const models = new Set(active.map(({ model }) => model));
  let room = roomBeside(active, machine);
  let isHeld = false;
  const starting: { readonly job: QueuedJob; readonly cores: number; readonly taken: FreeMemory }[] = [];
  const waiting: { readonly jobId: string; readonly for: Lack; overtaken: number }[] = [];
  inTurn.forEach((job, place) => {
    const isAlone = active.length + starting.length === 0;
    const lack = isHeld ? "turn" : lackOf(job, room, isAlone, models.has(job.model));
    if (lack !== null || job.needs === null) {
      waiting.push({ jobId: job.jobId, for: lack ?? "plan", overtaken: job.overtaken });
      isHeld ||= lack === "plan" || job.overtaken >= MOST_OVERTAKEN;
      return;
    }
    const taken = takenFrom(room, job.needs, job.warmBytes);
    const sharing = sharers(job, inTurn.slice(place + 1), less(room, job.needs.leastCores, taken));
    const cores = coresFor(job.needs, sharing, room.cores);
    starting.push({ job, cores, taken: atMost(taken, room) });
    models.add(job.model);
    room = less(room, cores, taken);
    for (const passed of waiting) passed.overtaken++;
    isHeld = waiting.some(({ overtaken }) => overtaken >= MOST_OVERTAKEN);
  });
  // each has what it needs at least, and its part of what is left
  const share = (bytes: number): number => Math.floor(bytes / starting.length);
  const start = starting.map(({ job: { jobId, warmBytes }, cores, taken }) => {
    const hostBytes = taken.hostBytes + share(room.hostBytes);
    return { jobId, cores, free: { hostBytes, gpuBytes: taken.gpuBytes + share(room.gpuBytes) + warmBytes } };
  });
  return { start, wait: waiting };
}

interface Room extends FreeMemory {
  readonly cores: number;
}

function roomBeside(active: readonly ActiveJob[], { cores, free }: Machine): Room {
  return active.reduce((room, job) => less(room, job.cores, job.due), { cores, ...free });
}

function less(room: Room, cores: number, taken: FreeMemory): Room {
  return {
    cores: Math.max(0, room.cores - cores),
    hostBytes: Math.max(0, room.hostBytes - taken.hostBytes),
    gpuBytes: Math.max(0, room.gpuBytes - taken.gpuBytes),
  };
}

function atMost(taken: FreeMemory, room: FreeMemory): FreeMemory {
  const { min } = Math;
  return { hostBytes: min(taken.hostBytes, room.hostBytes), gpuBytes: min(taken.gpuBytes, room.gpuBytes) };
}

/** @param isTaken  its model runs already */
function lackOf({ needs, warmBytes }: QueuedJob, room: Room, isAlone: boolean, isTaken: boolean): Lack | null {
  if (room.cores < 1) return "cores";
  if (needs === null) return "plan";
  if (isAlone) return null;
  // one batch fills the GPU, and what two jobs share of its memory makes both their batches small
  if (isTaken && needs.place !== "host") return "model";
  if (!hasMemory(needs, warmBytes, room)) return needs.place === "host" ? "memory" : "gpuMemory";
  return room.cores < needs.leastCores ? "cores" : null;
}

function hasMemory(needs: Needs, warmBytes: number, room: FreeMemory): boolean {
  const taken = takenFrom(room, needs, warmBytes);
  return taken.hostBytes <= room.hostBytes && taken.gpuBytes <= room.gpuBytes;
}

/** What a job takes of each memory.
 *  @param warmBytes  what of it is there already, on the GPU */
export function takenFrom(
  free: FreeMemory,
  { place, memoryBytes }: Pick<Needs, "place" | "memoryBytes">,
  warmBytes: number,
): FreeMemory {
  const onGpu = Math.max(0, memoryBytes - warmBytes);
  switch (place) {
    case "host":
      return { hostBytes: memoryBytes, gpuBytes: 0 };
    case "gpu":
      return { hostBytes: 0, gpuBytes: onGpu };
    case "unified":
      return { hostBytes: memoryBytes, gpuBytes: onGpu };
    case "elsewhere":
      return { hostBytes: 0, gpuBytes: 0 };
    case "spread": {
      const gpuBytes = Math.min(onGpu, free.gpuBytes);
      return { hostBytes: onGpu - gpuBytes, gpuBytes };
    }
  }
}

/** How many models the cores are shared out to: the job's, and those of the jobs behind it that find cores and memory beside it
 *  and one another.
 *  @param left  what the job leaves, with its least cores */
function sharers(job: QueuedJob, behind: readonly QueuedJob[], left: Room): number {
  const models = new Set([job.model]);
  let room = left;
  for (const { model, needs, warmBytes } of behind) {
    if (models.has(model)) continue;
    if (needs !== null) {
      if (!hasMemory(needs, warmBytes, room) || needs.leastCores > room.cores) continue;
      room = less(room, needs.leastCores, takenFrom(room, needs, warmBytes));
    }
    models.add(model);
  }
  return models.size;
}

function coresFor({ leastCores, mostCores }: Needs, sharing: number, cores: number): number {
  const share = Math.min(mostCores, Math.max(leastCores, Math.ceil(cores / sharing)));
  return Math.max(1, Math.min(cores, share));
}
