import { setMaxListeners } from "node:events";
import { InputError } from "../../errors.js";
import type { CompiledOutput } from "../../output/index.js";
import type { EngineFailure, EngineJob, EngineMeter, EngineResult, RowPull } from "../engine.js";
import type { Address } from "./address.js";
import { type Completion, readCompletion } from "./completion.js";
import type { Endpoint, EndpointFacts } from "./endpoint.js";
import { type Lane, Lanes, REQUESTS_PER_SLOT } from "./lanes.js";
import { estimateTokens } from "./measure.js";
import { refusalOf } from "./refusal.js";
import { bodyWriter, type WriteBody } from "./requestBody.js";
import { CHUNK_ROWS, RowOrder } from "./rowOrder.js";
import { problemIn, type Transport } from "./transport.js";
import { cutText, newTrial, sharedLength, shareMuch, type Trial } from "./trial.js";

/** A row over which the server fails so often, while it answers others, is itself the reason; where it answers none it may be the
 *  server, for longer. */
const MOST_STRIKES = { beside: 8, all: 200 };
const LAST_ROWS = 8;
/** So often it may say over one row, while it answers others, that it has too much to do. */
const MOST_REFUSALS = 100;
/** So many rows that are refused before any is answered, and it is the job. */
const MOST_REFUSED = 16;
const FAULT_MS = { first: 200, most: 5000 };
/** So many times as long as the mean of the last so many requests is slow. */
const SLOW = 4;
const MEAN_OF = 32;
/** How long a job's first rows are waited for at most, so that each lane begins with neighbours. */
const GATHER_MS = 50;
/** Rows that are held ready for each request at a time, and of how much text at most. */
const AHEAD_ROWS = 16;
const AHEAD_CHARACTERS = 16_000_000;

/** What a run is made from. */
export interface RunParts {
  readonly endpoint: Endpoint;
  readonly facts: EndpointFacts;
  readonly transport: Transport;
  readonly addresses: readonly Address[];
  readonly job: EngineJob;
  readonly compiled: CompiledOutput | null;
  readonly pull: RowPull;
  readonly meter: EngineMeter;
  readonly done: (result: EngineResult | EngineFailure) => void;
  readonly signal: AbortSignal;
}

/** One job's rows while they run. Nothing waits for anything but events: a row that is there, an answer, the end of a pause. */
export class HttpRun {
  /** Resolves when all rows have their results or the signal aborts.
   *  @throws what ends the whole job */
  readonly end: Promise<void>;
  readonly #parts: RunParts;
  readonly #write: WriteBody;
  readonly #rows: RowOrder<Trial>;
  /** One an address. */
  readonly #lanes: readonly Lanes<Trial>[];
  /** Ends the requests in flight. */
  readonly #ending = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | null = null;
  #isOver = false;
  #failure: { readonly reason: unknown } | null = null;
  /** Nothing is sent yet: first neighbours have to be there. */
  #isGathering = true;
  #isPulling = false;
  #isDry = false;
  #aheadCharacters = 0;
  #inFlight = 0;
  /** Rows that wait for a moment before they run again. */
  #delayed = 0;
  #answers = 0;
  #waitsFor: string | null = null;
  /** Of the last requests, how long each took. */
  #meanMs: number | null = null;
  /** When the end of the next pause is looked at. */
  #wakesMs = Number.POSITIVE_INFINITY;
  /** Rows that were refused before any was answered. */
  #refused = 0;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { endpoint, facts, job, compiled, addresses, signal } = parts;
    this.#write = bodyWriter(endpoint, facts, job, compiled);
    this.#rows = new RowOrder(addresses.length, sharedLength);
    const slots = mayBind(endpoint, facts) ? facts.slots : null;
    this.#lanes = addresses.map(() => new Lanes(slots));
    // one listener a request in flight
    setMaxListeners(0, this.#ending.signal);
    const abort = (): void => this.#finish(null);
    this.end = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
    }).finally(() => signal.removeEventListener("abort", abort));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    else {
      this.#later(GATHER_MS, () => {
        this.#isGathering = false;
        this.#pump();
      });
      this.#pump();
    }
  }

  /** Nothing more is sent or told. */
  #finish(failure: { readonly reason: unknown } | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#tell(null);
    this.#ending.abort();
    this.#conclude();
  }

  /** The addresses serve the next job as well: no request of this one is left when it ends. */
  #conclude(): void {
    if (!this.#isOver || this.#inFlight > 0) return;
    if (this.#failure === null) this.#settle?.resolve();
    else this.#settle?.reject(this.#failure.reason);
  }

  /** Sends what can be sent, asks for more rows, and ends when there is nothing left to do. */
  #pump(): void {
    if (this.#isOver) return;
    if (this.#isGathering && (this.#isDry || this.#rows.size >= this.#gathered)) this.#isGathering = false;
    if (!this.#isGathering) for (const [place, address] of this.#parts.addresses.entries()) this.#fill(address, place);
    this.#ask();
    if (this.#isDry && this.#rows.size === 0 && this.#inFlight === 0 && this.#delayed === 0) this.#finish(null);
    else this.#watchPauses();
  }

  /** Sends to one address what it takes. */
  #fill(address: Address, place: number): void {
    const lanes = this.#lanes[place] as Lanes<Trial>;
    while (address.hasRoom(performance.now())) {
      const lane = lanes.take();
      if (lane === null) return;
      if (lane.rows.length === 0) {
        lane.rows = this.#take(address, place, lanes);
        lane.isBound = shareMuch(lane.rows);
        if (lane.rows.length === 0) lane.rows = lanes.steal();
      }
      if (lane.rows.length === 0) {
        lanes.putBack(lane);
        return;
      }
      void this.#runLane(address, place, lane);
    }
  }

  #take(address: Address, place: number, lanes: Lanes<Trial>): Trial[] {
    if (this.#rows.size === 0) return [];
    const others = this.#parts.addresses.filter((other) => other !== address);
    const isOnly = others.every((other) => other.pauseMs(performance.now()) > 0);
    return this.#rows.take(place, lanes.countFor(address.limit), isOnly);
  }

  /** Rows that let each lane begin with as many neighbours as it takes. */
  get #gathered(): number {
    return this.#parts.addresses.reduce(
      (sum, { limit }, place) => sum + CHUNK_ROWS * (this.#lanes[place] as Lanes<Trial>).countFor(limit),
      0,
    );
  }

  #ask(): void {
    if (
      this.#isPulling ||
      this.#isDry ||
      this.#rows.size >= this.#mostAhead ||
      this.#aheadCharacters > AHEAD_CHARACTERS
    )
      return;
    this.#isPulling = true;
    this.#parts.pull().then(
      (row) => {
        this.#isPulling = false;
        if (row === null) this.#isDry = true;
        else {
          this.#aheadCharacters += row.text.length;
          this.#rows.add(newTrial(row));
        }
        this.#pump();
      },
      (reason: unknown) => this.#finish({ reason }),
    );
  }

  get #mostAhead(): number {
    return this.#parts.addresses.reduce((sum, { limit }) => sum + limit, 0) * AHEAD_ROWS;
  }

  /** Says what is waited for when no address takes a request, and goes on when the first of them may. */
  #watchPauses(): void {
    const { addresses } = this.#parts;
    const now = performance.now();
    const pauses = addresses.map((address) => address.pauseMs(now));
    const soonest = Math.min(...pauses.filter((pause) => pause > 0));
    if (Number.isFinite(soonest) && this.#rows.size > 0 && now + soonest < this.#wakesMs) {
      this.#wakesMs = now + soonest;
      this.#later(soonest, () => {
        this.#wakesMs = Number.POSITIVE_INFINITY;
        this.#pump();
      });
    }
    const closed = addresses.filter(({ trouble }) => trouble !== null);
    const isStuck = closed.length === addresses.length && this.#inFlight === 0;
    const [first] = closed;
    if (isStuck && first !== undefined) this.#tell(`${first.url} (${first.trouble})`);
    else if (closed.length < addresses.length) this.#tell(null);
  }

  #tell(waitsFor: string | null): void {
    if (waitsFor === this.#waitsFor) return;
    this.#waitsFor = waitsFor;
    this.#parts.meter.waitsFor?.(waitsFor);
  }

  #later(afterMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, Math.ceil(afterMs));
    this.#timers.add(timer);
  }

  /** A lane's rows, one after the other. */
  async #runLane(address: Address, place: number, lane: Lane<Trial>): Promise<void> {
    this.#inFlight++;
    address.sent();
    try {
      for (let trial = lane.rows.shift(); trial !== undefined; trial = lane.rows.shift()) {
        const sentMs = performance.now();
        const isGoingOn = await this.#send(address, place, lane.isBound ? lane.slot : null, trial);
        if (this.#isOver) return;
        this.#unbindSlow(lane, performance.now() - sentMs);
        if (!isGoingOn || lane.rows.length === 0 || !address.hasRoom(performance.now())) {
          this.#rows.putBack(place, lane.rows.splice(0));
          if (!isGoingOn && address.trouble !== null) this.#rows.giveBack(place);
          return;
        }
        address.sent();
      }
    } catch (reason) {
      this.#finish({ reason });
    } finally {
      this.#inFlight--;
      this.#lanes[place]?.give(lane);
      this.#conclude();
      this.#pump();
    }
  }

  /** Rows that wait for a slot in which somebody else's long output is computed go to whichever is free. */
  #unbindSlow(lane: Lane<Trial>, tookMs: number): void {
    if (this.#meanMs !== null && tookMs > SLOW * this.#meanMs) lane.isBound = false;
    this.#meanMs = this.#meanMs === null ? tookMs : this.#meanMs + (tookMs - this.#meanMs) / MEAN_OF;
  }

  /** Sends one row and deals with what comes back.
   *  @returns whether the address takes the next one
   *  @throws what ends the whole job */
  async #send(address: Address, place: number, slot: number | null, trial: Trial): Promise<boolean> {
    const { endpoint, job, transport } = this.#parts;
    const sentMs = performance.now();
    const reply = await transport
      .send({
        method: "POST",
        url: `${address.url}/chat/completions`,
        body: this.#write({ ...trial.row, text: trial.text }, slot),
        timeoutMs: 1000 * endpoint.limits.timeoutSeconds,
        signal: this.#ending.signal,
      })
      .catch((error: unknown) => {
        if (this.#ending.signal.aborted) return null;
        throw error;
      });
    if (reply === null || this.#isOver) {
      address.dropped();
      return false;
    }
    const now = performance.now();
    if (reply.kind === "unreachable") {
      address.unreachable(now, reply.reason);
      this.#rows.again(trial, place);
      return false;
    }
    const broken = (reason: string, isLate: boolean): false => {
      address.broken(sentMs, now, isLate, reason);
      this.#strike(trial, place, `the endpoint did not answer: ${reason}`, 0);
      return false;
    };
    if (reply.kind === "broken") return broken(reply.reason, reply.isLate);
    if (reply.status >= 200 && reply.status < 300) {
      const completion = readCompletion(reply.body);
      if (completion === null) return broken(`its answer is no chat completion: ${problemIn(reply.body)}`, false);
      if (completion.finish === "broken") return broken("it gave the output up", false);
      address.answered(sentMs, now);
      this.#answers++;
      this.#complete(trial, completion);
      return true;
    }
    const refusal = refusalOf(reply.status, reply.body, job.sampling.maxTokens);
    switch (refusal.kind) {
      case "overloaded":
        address.overloaded(sentMs, now, reply.retryAfterMs, refusal.reason);
        if (this.#answers > 0 && ++trial.refusals > MOST_REFUSALS)
          this.#fail(
            trial,
            `the endpoint has too much to do for the row (${refusal.reason}); tried ${trial.refusals} times`,
          );
        else this.#rows.again(trial, place);
        return false;
      case "fault":
        address.broken(sentMs, now, false, refusal.reason);
        this.#strike(trial, place, `the endpoint failed over the row (${refusal.reason})`, FAULT_MS.first);
        return true;
      case "tooLong":
        address.refused();
        this.#cut(trial, refusal.share, refusal.reason);
        return true;
      case "row":
        address.refused();
        if (this.#answers === 0 && ++this.#refused >= MOST_REFUSED) throw jobRefused(endpoint, address, refusal.reason);
        this.#fail(trial, `the endpoint refuses the row (${refusal.reason})`);
        return true;
      case "job":
        return this.#meetRefusal(address, place, trial, reply.status, refusal.reason);
    }
  }

  /** What no request of the job is given ends it; where others were answered it is this address, or this row.
   *  @throws {InputError} ROWMILL_ENDPOINT_REFUSED */
  #meetRefusal(address: Address, place: number, trial: Trial, status: number, reason: string): boolean {
    if (this.#answers === 0 || status === 402 || status === 429) {
      address.refused();
      throw jobRefused(this.#parts.endpoint, address, reason);
    }
    if (status === 403) {
      address.refused();
      this.#fail(trial, `the endpoint refuses the row (${reason})`);
      return true;
    }
    address.unreachable(performance.now(), reason);
    this.#strike(trial, place, `the endpoint refuses requests (${reason})`, 0);
    return false;
  }

  /** The server has failed over a row, which runs again, elsewhere where there is such, until it is plain that it is the row.
   *  @param afterMs  at the soonest */
  #strike(trial: Trial, place: number, reason: string, afterMs: number): void {
    const { strikes } = trial;
    strikes.all++;
    trial.answersFirst ??= this.#answers;
    // when hardly any other row is left to be answered, it is enough that some were since it failed first
    const isAmongLast = this.#rows.size + this.#inFlight + this.#delayed <= LAST_ROWS;
    if ((isAmongLast ? trial.answersFirst : trial.answersBefore) < this.#answers) strikes.beside++;
    trial.answersBefore = this.#answers;
    if (strikes.beside >= MOST_STRIKES.beside || strikes.all >= MOST_STRIKES.all) {
      this.#fail(trial, `${reason}; tried ${strikes.all} times`);
      return;
    }
    if (afterMs === 0) {
      this.#rows.again(trial, place);
      return;
    }
    this.#delayed++;
    this.#later(Math.min(FAULT_MS.most, afterMs * 2 ** (strikes.all - 1)), () => {
      this.#delayed--;
      this.#rows.again(trial, place);
      this.#pump();
    });
  }

  #cut(trial: Trial, share: number | null, reason: string): void {
    if (!this.#parts.job.truncateRows) {
      this.#fail(trial, `the row is longer than the model holds (${reason})`);
      return;
    }
    if (!cutText(trial, share)) {
      this.#fail(trial, `the row does not fit, however much is cut (${reason})`);
      return;
    }
    this.#rows.again(trial, null);
  }

  #complete(trial: Trial, completion: Completion): void {
    const { job, meter } = this.#parts;
    const { index, text: whole } = trial.row;
    const usage = completion.usage ?? {
      inputTokens: estimateTokens(trial.text) + estimateTokens(job.chat.systemPrompt ?? ""),
      sharedTokens: 0,
      outputTokens: completion.logprobs?.lengths.length ?? estimateTokens(completion.text),
    };
    meter.addInputTokens(usage.inputTokens);
    meter.addOutputTokens(usage.outputTokens);
    if (completion.finish === "refused") {
      this.#fail(trial, "the endpoint's content filter withheld the output", usage);
      return;
    }
    const { sampling } = job;
    const { logprobs } = completion;
    this.#aheadCharacters -= whole.length;
    this.#parts.done({
      index,
      text: completion.text,
      finish: completion.finish === "length" ? "length" : "stop",
      isInputCut: trial.cuts > 0,
      ...usage,
      cumulativeLogprob: sampling.logprobs && logprobs !== null ? sumOf(logprobs.logprobs) : null,
      labelProbabilities: null,
      ...(sampling.tokenLogprobs && logprobs !== null && { tokenLogprobs: logprobs }),
    });
  }

  #fail({ row, cuts }: Trial, error: string, usage: Completion["usage"] = null): void {
    this.#aheadCharacters -= row.text.length;
    this.#parts.done({ index: row.index, error, ...usage, ...(cuts > 0 && { isInputCut: true }) });
  }
}

/** Requests may choose their slots where there is one server, and no more of them are asked for than it has slots: behind an address
 *  that takes more there are several. */
function mayBind({ urls, limits }: Endpoint, { slots }: EndpointFacts): boolean {
  return slots !== null && urls.length === 1 && (limits.requests ?? 0) <= REQUESTS_PER_SLOT * slots;
}

function sumOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function jobRefused({ name, key, model }: Endpoint, { url }: Address, reason: string): InputError {
  const keyed = key === null ? "no key was sent" : `the key in ${"variable" in key ? key.variable : key.file} was sent`;
  const why = reason.startsWith("401") || reason.startsWith("403") ? ` (${keyed})` : "";
  return new InputError(
    "ROWMILL_ENDPOINT_REFUSED",
    `the endpoint ${name} takes no requests for the model ${model} at ${url}${why}: ${reason}`,
  );
}
