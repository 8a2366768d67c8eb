import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ActiveJob,
  type FreeMemory,
  type Machine,
  MOST_OVERTAKEN,
  type Needs,
  type QueuedJob,
  schedule,
  takenFrom,
} from "../../src/schedule/schedule.js";

const NEEDS: Needs = { leastCores: 1, mostCores: 64, place: "host", memoryBytes: 10 };
const job = (jobId: string, change: Partial<Omit<QueuedJob, "needs">> = {}, needs: Partial<Needs> = {}): QueuedJob => ({
  ...{ jobId, priority: 0, model: "m", needs: { ...NEEDS, ...needs }, warmBytes: 0, overtaken: 0 },
  ...change,
});
const fixed = (cores: number): Partial<Needs> => ({ leastCores: cores, mostCores: cores });
const running = (cores: number, due: Partial<FreeMemory> = {}): ActiveJob => ({
  ...{ jobId: "running", model: "running's", cores, due: { hostBytes: 0, gpuBytes: 0, ...due } },
});
const machine = (cores: number, free: Partial<FreeMemory> = {}): Machine => ({
  ...{ cores, free: { hostBytes: 100, gpuBytes: 0, ...free } },
});
const started = (queued: readonly QueuedJob[], active: readonly ActiveJob[], on: Machine) =>
  schedule(queued, active, on).start.map(({ jobId, cores }) => `${jobId} on ${cores}`);
const waits = (queued: readonly QueuedJob[], active: readonly ActiveJob[], on: Machine) =>
  schedule(queued, active, on).wait.map((wait) => `${wait.jobId} for ${wait.for}`);

describe("the schedule", () => {
  it("starts an interactive job before an older one of production, and the older one of two", () => {
    const queued = [job("a", { priority: 1 }), job("b"), job("c")];
    expect(started(queued, [], machine(4))).toEqual(["b on 4"]);
    expect(waits(queued, [], machine(4))).toEqual(["c for cores", "a for cores"]);
  });

  it("shares the cores out among the models that wait, and not among jobs of one model", () => {
    expect(started([job("a"), job("b", { model: "n" })], [], machine(4))).toEqual(["a on 2", "b on 2"]);
    expect(started([job("a"), job("b"), job("c", { model: "n" })], [], machine(5))).toEqual([
      "a on 3",
      "b on 1",
      "c on 1",
    ]);
    // one that finds no memory beside the first takes no core
    expect(started([job("a"), job("b", { model: "n" }, { memoryBytes: 95 })], [], machine(4))).toEqual(["a on 4"]);
  });

  it("lets a job that is too large to start beside others block nobody behind it", () => {
    const wide = job("wide", {}, fixed(4));
    const big = job("big", {}, { memoryBytes: 200 });
    const small = job("small", {}, fixed(1));
    expect(started([wide, big, small], [running(1)], machine(4))).toEqual(["small on 1"]);
    expect(waits([wide, big, small], [running(1)], machine(4))).toEqual(["wide for cores", "big for memory"]);
  });

  it("holds what is behind a job that was overtaken often enough, and what is before it not", () => {
    const wide = job("wide", { priority: 1, overtaken: MOST_OVERTAKEN }, fixed(4));
    const small = fixed(1);
    const queued = [wide, job("behind", { priority: 1 }, small), job("before", {}, small)];
    expect(started(queued, [running(1)], machine(4))).toEqual(["before on 1"]);
    expect(waits(queued, [running(1)], machine(4))).toEqual(["wide for cores", "behind for turn"]);
  });

  it("counts those that start before a job, and stops in the middle", () => {
    const wide = job("wide", { overtaken: MOST_OVERTAKEN - 2 }, fixed(9));
    const small = ["a", "b", "c"].map((name) => job(name, {}, fixed(1)));
    const { start, wait } = schedule([wide, ...small], [running(1)], machine(9));
    expect(start.map(({ jobId }) => jobId)).toEqual(["a", "b"]);
    expect(wait).toMatchObject([
      { jobId: "wide", overtaken: MOST_OVERTAKEN },
      { jobId: "c", for: "turn", overtaken: 0 },
    ]);
  });

  it("asks for the plan of the next in turn, and of no more than could start", () => {
    const queued = [job("a", { needs: null } as never), job("b", { needs: null } as never)];
    expect(waits(queued, [], machine(2))).toEqual(["a for plan", "b for turn"]);
    expect(waits(queued, [running(2)], machine(2))).toEqual(["a for cores", "b for cores"]);
  });

  it("looks at the memory of the place where a job runs", () => {
    const on = machine(8, { hostBytes: 50, gpuBytes: 30 });
    const needs = (place: Needs["place"], memoryBytes: number) => [job("a", {}, { place, memoryBytes, mostCores: 1 })];
    const beside = [running(1)];
    expect(started(needs("host", 50), beside, on)).toHaveLength(1);
    expect(waits(needs("gpu", 31), beside, on)).toEqual(["a for gpuMemory"]);
    expect(started(needs("spread", 80), beside, on)).toHaveLength(1);
    expect(waits(needs("spread", 81), beside, on)).toEqual(["a for gpuMemory"]);
    expect(waits(needs("unified", 31), beside, on)).toEqual(["a for gpuMemory"]);
    // what a job that is about to load its model will take is gone
    expect(waits(needs("host", 50), [running(1, { hostBytes: 1 })], on)).toEqual(["a for memory"]);
    expect(started([job("a", { warmBytes: 1 }, { place: "gpu", memoryBytes: 31 })], beside, on)).toHaveLength(1);
  });

  it("lets jobs of one model take turns on a GPU, where one batch fills it", () => {
    const gpu: Partial<Needs> = { place: "gpu", leastCores: 1, mostCores: 1 };
    const queued = [job("a", {}, gpu), job("b", {}, gpu), job("c", { model: "n" }, gpu)];
    const on = machine(8, { gpuBytes: 100 });
    expect(started(queued, [], on)).toEqual(["a on 1", "c on 1"]);
    expect(waits(queued, [], on)).toEqual(["b for model"]);
    expect(waits(queued.slice(1, 2), [{ ...running(1), model: "m" }], on)).toEqual(["b for model"]);
    // on a CPU jobs that were to have fewer cores run beside each other
    expect(started([job("a", {}, fixed(1)), job("b", {}, fixed(1))], [], machine(2))).toEqual(["a on 1", "b on 1"]);
  });

  it("starts jobs that run elsewhere one at a time of a model, whatever runs here, and lets none wait for them", () => {
    const away: Partial<Needs> = { place: "elsewhere", leastCores: 0, mostCores: 0, memoryBytes: 0 };
    const elsewhere = (name: string, model: string) => job(name, { model }, away);
    const many = Array.from({ length: 40 }, (_, at) => elsewhere(`${at}`, "e"));
    expect(started(many, [running(2)], machine(2))).toEqual(["0 on 0"]);
    const behind = job("here", { overtaken: 0 }, fixed(2));
    const queued = [...many.map((one) => ({ ...one, overtaken: MOST_OVERTAKEN })), behind, elsewhere("other", "f")];
    const beside = [{ ...running(0), model: "e" }];
    expect(started(queued, beside, machine(2))).toEqual(["here on 2", "other on 0"]);
    expect(waits(many.slice(0, 1), beside, machine(2))).toEqual(["0 for model"]);
    // one that needs more than there is starts as if nothing ran, and is told so
    const large = job("large", {}, { memoryBytes: 1e12 });
    expect(started([large], beside, machine(2))).toEqual(["large on 2"]);
  });

  it("keeps no cores for a model that could not start beside the first", () => {
    expect(started([job("a"), job("b", { model: "n" }, fixed(16))], [], machine(16))).toEqual(["a on 16"]);
    const on = machine(16, { hostBytes: 25 });
    const many = Array.from({ length: 16 }, (_, at) => job(`${at}`, { model: `${at}` }));
    expect(started(many, [], on)).toEqual(["0 on 8", "1 on 8"]);
  });

  it("gives those that start together what they need, and the rest in equal parts", () => {
    const queued = [job("a", {}, fixed(1)), job("b", {}, { ...fixed(1), memoryBytes: 30 })];
    expect(schedule(queued, [], machine(2)).start.map(({ free }) => free.hostBytes)).toEqual([40, 60]);
  });
});

const CORES = 8;
const cores = fc.integer({ min: 1, max: CORES + 3 });
const bytes = fc.integer({ min: 1, max: 130 });
const needs: fc.Arbitrary<Needs> = fc
  .record({
    leastCores: cores,
    more: fc.nat(CORES),
    place: fc.constantFrom("host", "gpu", "unified", "spread"),
    memoryBytes: bytes,
  })
  .map(({ leastCores, more, ...rest }) => ({ ...rest, leastCores, mostCores: leastCores + more }));
const queue = (arbitraryNeeds: fc.Arbitrary<Needs | null>) =>
  fc
    .array(
      fc.record({
        priority: fc.integer({ min: 0, max: 1 }),
        model: fc.constantFrom("m", "n", "o"),
        needs: arbitraryNeeds,
        warmBytes: fc.integer({ min: 0, max: 20 }),
        overtaken: fc.nat(MOST_OVERTAKEN),
      }),
      { maxLength: 12 },
    )
    .map((jobs) => jobs.map((one, at): QueuedJob => ({ jobId: `job-${at}`, ...one })));
const due = fc.record({ hostBytes: fc.nat(40), gpuBytes: fc.nat(40) });
const actives = fc
  .array(fc.record({ cores: fc.integer({ min: 1, max: 3 }), model: fc.constantFrom("m", "n", "p"), due }), {
    maxLength: 3,
  })
  .map((jobs) => jobs.map((one, at): ActiveJob => ({ jobId: `active-${at}`, ...one })))
  .filter((jobs) => jobs.reduce((sum, one) => sum + one.cores, 0) <= CORES);
const machines = fc.record({
  cores: fc.constant(CORES),
  free: fc.record({ hostBytes: fc.nat(120), gpuBytes: fc.nat(120) }),
});
const worlds = fc.tuple(queue(fc.option(needs, { freq: 8 })), actives, machines);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const inTurn = (jobs: readonly QueuedJob[]) =>
  [0, 1].flatMap((wanted) => jobs.filter(({ priority }) => priority === wanted));

describe("whatever waits and runs, the schedule", () => {
  it("says of each job once whether it starts or waits, in the order of their turn, and parks none", () => {
    fc.assert(
      fc.property(worlds, ([queued, active, on]) => {
        const { start, wait, park } = schedule(queued, active, on);
        const turn = inTurn(queued).map(({ jobId }) => jobId);
        const [starting, waiting] = [start, wait].map((list) => list.map(({ jobId }) => jobId)) as [string[], string[]];
        expect([...starting, ...waiting].sort()).toEqual([...turn].sort());
        expect(starting).toEqual(turn.filter((jobId) => starting.includes(jobId)));
        expect(waiting).toEqual(turn.filter((jobId) => waiting.includes(jobId)));
        expect(park).toEqual([]);
      }),
    );
  });

  it("is the same for the same", () => {
    fc.assert(
      fc.property(worlds, ([queued, active, on]) => {
        expect(schedule(queued, active, on)).toEqual(schedule(structuredClone(queued), structuredClone(active), on));
      }),
    );
  });

  it("gives away no core and no byte twice, and none that is not there", () => {
    fc.assert(
      fc.property(worlds, ([queued, active, on]) => {
        const { start } = schedule(queued, active, on);
        expect(sum(start.map((one) => one.cores)) + sum(active.map((one) => one.cores))).toBeLessThanOrEqual(CORES);
        for (const { jobId, cores: given } of start) {
          expect(given).toBeGreaterThanOrEqual(1);
          expect(given).toBeLessThanOrEqual(queued.find((one) => one.jobId === jobId)?.needs?.mostCores ?? 0);
        }
        const warm = sum(start.map(({ jobId }) => queued.find((one) => one.jobId === jobId)?.warmBytes ?? 0));
        const left = (free: number, taken: readonly number[]) => Math.max(0, free - sum(taken));
        expect(sum(start.map(({ free }) => free.hostBytes))).toBeLessThanOrEqual(
          left(
            on.free.hostBytes,
            active.map((one) => one.due.hostBytes),
          ),
        );
        expect(sum(start.map(({ free }) => free.gpuBytes)) - warm).toBeLessThanOrEqual(
          left(
            on.free.gpuBytes,
            active.map((one) => one.due.gpuBytes),
          ),
        );
      }),
    );
  });

  it("gives each job that starts beside others what it needs at least", () => {
    fc.assert(
      fc.property(worlds, ([queued, active, on]) => {
        const { start } = schedule(queued, active, on);
        for (const { jobId, cores: given, free } of active.length === 0 ? start.slice(1) : start) {
          const found = queued.find((one) => one.jobId === jobId) as QueuedJob;
          const least = found.needs as Needs;
          expect(given).toBeGreaterThanOrEqual(least.leastCores);
          const taken = takenFrom({ ...free, gpuBytes: free.gpuBytes - found.warmBytes }, least, found.warmBytes);
          expect(taken.hostBytes).toBeLessThanOrEqual(free.hostBytes);
          expect(taken.gpuBytes).toBeLessThanOrEqual(free.gpuBytes - found.warmBytes);
        }
      }),
    );
  });

  it("starts the first in turn where nothing runs, however large it is", () => {
    fc.assert(
      fc.property(queue(needs), machines, (queued, on) => {
        expect(schedule(queued, [], on).start[0]?.jobId).toBe(inTurn(queued)[0]?.jobId);
      }),
    );
  });

  it("passes over none that fits in what those before it leave", () => {
    fc.assert(
      fc.property(queue(needs), actives, machines, (queued, active, on) => {
        const { start, wait } = schedule(queued, active, on);
        const turn = inTurn(queued);
        for (const { jobId, for: lack } of wait) {
          if (lack === "turn") continue;
          if (lack === "model") {
            const { model, needs: own } = turn.find((one) => one.jobId === jobId) as QueuedJob;
            const begun = queued.filter((one) => start.some((other) => other.jobId === one.jobId));
            expect([...active, ...begun].map((one) => one.model)).toContain(model);
            expect(own?.place).not.toBe("host");
            continue;
          }
          const place = turn.findIndex((one) => one.jobId === jobId);
          const before = turn.slice(0, place);
          const left = { cores: CORES - sum(active.map((one) => one.cores)), ...on.free };
          const take = (taken: FreeMemory) => {
            left.hostBytes = Math.max(0, left.hostBytes - taken.hostBytes);
            left.gpuBytes = Math.max(0, left.gpuBytes - taken.gpuBytes);
          };
          for (const one of active) take(one.due);
          for (const one of before) {
            const given = start.find((begun) => begun.jobId === one.jobId);
            if (given === undefined) continue;
            left.cores -= given.cores;
            take(takenFrom(left, one.needs as Needs, one.warmBytes));
          }
          const passed = turn[place] as QueuedJob;
          const least = passed.needs as Needs;
          const taken = takenFrom(left, least, passed.warmBytes);
          const fits = taken.hostBytes <= left.hostBytes && taken.gpuBytes <= left.gpuBytes;
          expect(fits && least.leastCores <= left.cores).toBe(false);
        }
      }),
    );
  });

  it("lets no job be overtaken more often than it may", () => {
    fc.assert(
      fc.property(worlds, ([queued, active, on]) => {
        const { start, wait } = schedule(queued, active, on);
        const turn = inTurn(queued).map(({ jobId }) => jobId);
        for (const { jobId, overtaken } of wait) {
          const before = queued.find((one) => one.jobId === jobId)?.overtaken ?? 0;
          const behind = start.filter((one) => turn.indexOf(one.jobId) > turn.indexOf(jobId)).length;
          expect(overtaken).toBe(before + behind);
          expect(overtaken).toBeLessThanOrEqual(MOST_OVERTAKEN);
        }
      }),
    );
  });

  it("starts a job that needs all cores, however many small ones come behind it without an end", () => {
    const wide = job("wide", {}, fixed(CORES));
    let overtaken = 0;
    let active: (ActiveJob & { readonly until: number })[] = [{ ...running(1), until: 3 }];
    for (let now = 0; ; now++) {
      active = active.filter(({ until }) => until > now);
      const { start, wait } = schedule(
        [{ ...wide, overtaken }, job(`small-${now}`, {}, fixed(1))],
        active,
        machine(CORES),
      );
      if (start.some(({ jobId }) => jobId === "wide")) break;
      overtaken = wait[0]?.overtaken ?? 0;
      for (const { jobId, cores: given } of start) active.push({ ...running(given), jobId, until: now + 3 });
      expect(now).toBeLessThan(MOST_OVERTAKEN + 4);
    }
  });

  it("starts each job in the end, however many come behind it", () => {
    const arrivals = fc.array(fc.record({ at: fc.nat(60), lasts: fc.integer({ min: 1, max: 20 }) }), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(queue(needs), arrivals, machines, (jobs, times, on) => {
        const coming = jobs.map((one, at) => ({
          ...one,
          overtaken: 0,
          ...(times[at] as { at: number; lasts: number }),
        }));
        const overtaken = new Map<string, number>();
        const begun = new Set<string>();
        let active: (ActiveJob & { readonly until: number })[] = [];
        // all that has come has had its turn after as long as all of them would take one after the other
        for (let now = 0; now < 60 + 12 * 20 + 1; now++) {
          active = active.filter(({ until }) => until > now);
          const queued = coming
            .filter(({ at, jobId }) => at <= now && !begun.has(jobId))
            .sort((a, b) => a.at - b.at)
            .map((one) => ({ ...one, overtaken: overtaken.get(one.jobId) ?? 0 }));
          const { start, wait } = schedule(queued, active, on);
          for (const one of wait) overtaken.set(one.jobId, one.overtaken);
          for (const { jobId, cores: given } of start) {
            const {
              lasts,
              model,
              needs: least,
              warmBytes,
            } = coming.find((one) => one.jobId === jobId) as (typeof coming)[number];
            begun.add(jobId);
            active.push({
              jobId,
              model,
              cores: given,
              due: takenFrom(on.free, least as Needs, warmBytes),
              until: now + lasts,
            });
          }
        }
        expect(begun.size).toBe(jobs.length);
      }),
    );
  });
});
