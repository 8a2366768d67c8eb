import { setMaxListeners } from "node:events";
import { InputError } from "../../errors.js";
import type { CompiledOutput } from "../../output/index.js";
import { compiledForm } from "../compiledForm.js";
import type { Engine, EngineFailure, EngineJob, EngineMeter, EngineResult, EngineRow, RowPull } from "../engine.js";
import { Address } from "./address.js";
import { askEndpoint } from "./ask.js";
import { type Completion, readCompletion } from "./completion.js";
import type { Endpoint, EndpointFacts } from "./endpoint.js";
import { readKey } from "./keys.js";
import { estimateTokens } from "./measure.js";
import { refusalOf } from "./refusal.js";
import { bodyWriter } from "./requestBody.js";
import { RowOrder } from "./rowOrder.js";
import { Transport } from "./transport.js";

/** Answers that broke off over one row while those of others came: it is the row. Where none came it may be the server, for longer. */
const MOST_BREAKS = { beside: 8, all: 24 };
/** Errors of the server's own over one row. */
const MOST_FAULTS = 6;
const FAULT_MS = { first: 200, most: 5000 };
const MOST_CUTS = 6;
/** Of the share of a text that would fit, what is sent: tokens are not spread evenly. */
const CUT_SHARE = 0.95;
const CUT_BLINDLY = 0.5;
/** Rows that are held ready for each request at a time, and of how much text at most. */
const AHEAD_ROWS = 16;
const AHEAD_CHARACTERS = 16_000_000;

/** Which endpoint a worker sends rows to. */
export interface HttpChoice {
  readonly engine: "http";
  readonly endpoint: Endpoint;
  /** As the submission has found them; null where that is lost: then the endpoint is asked again. */
  readonly facts: EndpointFacts | null;
}

/** Rows over HTTP, to one or several servers with the same model. */
export class HttpEngine implements Engine {
  readonly #endpoint: Endpoint;
  readonly #transport: Transport;
  #facts: EndpointFacts | null;
  /** What was learnt of them stays from one job to the next. */
  #addresses: readonly Address[] | null = null;

  /** @throws {InputError} ROWMILL_NO_KEY */
  constructor({ endpoint, facts }: Omit<HttpChoice, "engine">) {
    this.#endpoint = endpoint;
    this.#facts = facts;
    this.#transport = new Transport(readKey(endpoint));
  }

  async run(
    job: EngineJob,
    pull: RowPull,
    meter: EngineMeter,
    done: (result: EngineResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const compiled = job.form === null ? null : await compiledForm(job.form);
    const [endpoint, transport] = [this.#endpoint, this.#transport];
    const facts = await this.#factsFor(job);
    this.#addresses ??= endpoint.urls.map((url) => new Address(url, endpoint.limits.requests, facts.slots));
    const addresses = this.#addresses;
    await new HttpRun({ endpoint, facts, transport, addresses, job, compiled, pull, meter, done, signal }).end;
  }

  async #factsFor({ form }: EngineJob): Promise<EndpointFacts> {
    const kind = form?.kind ?? null;
    const known = this.#facts;
    if (known !== null && (kind === null || known.forms[kind] !== undefined)) return known;
    const { facts } = await askEndpoint(this.#endpoint, kind, known);
    this.#facts = facts;
    return facts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }
}

interface RunParts {
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

/** A row on its way, and what it has met. */
interface Trial {
  readonly row: EngineRow;
  /** What of its text is sent. */
  text: string;
  cuts: number;
  breaks: { beside: number; all: number };
  faults: number;
  /** How many answers others had got when this one last broke off. */
  answersBefore: number;
}

/** One job's rows while they run. Nothing waits for anything but events: a row that is there, an answer, the end of a pause. */
class HttpRun {
  /** Resolves when all rows have their results or the signal aborts.
   *  @throws what ends the whole job */
  readonly end: Promise<void>;
  readonly #parts: RunParts;
  readonly #write: (row: EngineRow) => string;
  readonly #rows: RowOrder<Trial>;
  /** Ends the requests in flight. */
  readonly #ending = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | null = null;
  #isPulling = false;
  #isDry = false;
  #aheadCharacters = 0;
  #inFlight = 0;
  /** Rows that wait for a moment before they run again. */
  #delayed = 0;
  #answers = 0;
  #waitsFor: string | null = null;
  /** A timer runs to the end of a pause. */
  #isWatching = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { endpoint, facts, job, compiled, addresses, signal } = parts;
    this.#write = bodyWriter(endpoint, facts, job, compiled);
    this.#rows = new RowOrder(addresses.length);
    // one listener a request in flight
    setMaxListeners(0, this.#ending.signal);
    const abort = (): void => this.#finish(null);
    this.end = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
    }).finally(() => signal.removeEventListener("abort", abort));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    else this.#pump();
  }

  get #isOver(): boolean {
    return this.#settle === null;
  }

  #finish(failure: { readonly reason: unknown } | null): void {
    const settle = this.#settle;
    if (settle === null) return;
    this.#settle = null;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#tell(null);
    this.#ending.abort();
    if (failure === null) settle.resolve();
    else settle.reject(failure.reason);
  }

  /** Sends what can be sent, asks for more rows, and ends when there is nothing left to do. */
  #pump(): void {
    if (this.#isOver) return;
    const { addresses } = this.#parts;
    addresses.forEach((address, place) => {
      while (this.#rows.size > 0 && address.hasRoom(Date.now())) {
        const chunk = this.#rows.take(place, address.limit);
        if (chunk.length === 0) return;
        void this.#runChunk(address, place, chunk);
      }
    });
    this.#ask();
    if (this.#isDry && this.#rows.size === 0 && this.#inFlight === 0 && this.#delayed === 0) this.#finish(null);
    else this.#watchPauses();
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
          this.#rows.add({ row, text: row.text, cuts: 0, breaks: { beside: 0, all: 0 }, faults: 0, answersBefore: -1 });
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
    const now = Date.now();
    const pauses = addresses.map((address) => address.pauseMs(now));
    const soonest = Math.min(...pauses.filter((pause) => pause > 0));
    if (Number.isFinite(soonest) && this.#rows.size > 0 && !this.#isWatching) {
      this.#isWatching = true;
      this.#later(soonest, () => {
        this.#isWatching = false;
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

  /** Rows that begin alike, one after the other. */
  async #runChunk(address: Address, place: number, chunk: Trial[]): Promise<void> {
    this.#inFlight++;
    address.sent();
    try {
      for (let trial = chunk.shift(); trial !== undefined; trial = chunk.shift()) {
        const isGoingOn = await this.#send(address, trial);
        if (this.#isOver) return;
        if (!isGoingOn || chunk.length === 0 || !address.hasRoom(Date.now())) {
          this.#rows.again(...chunk.splice(0));
          if (!isGoingOn && address.trouble !== null) this.#rows.giveBack(place);
          return;
        }
        address.sent();
      }
    } catch (reason) {
      this.#finish({ reason });
    } finally {
      this.#inFlight--;
      this.#pump();
    }
  }

  /** Sends one row and deals with what comes back.
   *  @returns whether the address takes the next one
   *  @throws what ends the whole job */
  async #send(address: Address, trial: Trial): Promise<boolean> {
    const { endpoint, job, transport } = this.#parts;
    const sentMs = Date.now();
    const reply = await transport
      .send({
        method: "POST",
        url: `${address.url}/chat/completions`,
        body: this.#write({ ...trial.row, text: trial.text }),
        timeoutMs: 1000 * endpoint.limits.timeoutSeconds,
        signal: this.#ending.signal,
      })
      .catch((error: unknown) => {
        if (this.#ending.signal.aborted) return null;
        throw error;
      });
    if (reply === null) return false;
    const now = Date.now();
    if (reply.kind === "unreachable") {
      address.unreachable(now, reply.reason);
      this.#rows.again(trial);
      return false;
    }
    if (reply.kind === "broken") return this.#meetBreak(address, trial, reply.reason);
    if (reply.status >= 200 && reply.status < 300) {
      const completion = readCompletion(reply.body);
      if (completion === null) return this.#meetBreak(address, trial, "its answer is no chat completion");
      address.answered(sentMs, now);
      this.#answers++;
      this.#complete(trial, completion);
      return true;
    }
    const refusal = refusalOf(reply.status, reply.body, job.sampling.maxTokens);
    switch (refusal.kind) {
      case "overloaded":
        address.overloaded(sentMs, now, reply.retryAfterMs, refusal.reason);
        this.#rows.again(trial);
        return false;
      case "down":
        address.unreachable(now, refusal.reason);
        this.#rows.again(trial);
        return false;
      case "fault":
        address.failed();
        this.#meetFault(trial, refusal.reason);
        return true;
      case "tooLong":
        address.failed();
        this.#cut(trial, refusal.share, refusal.reason);
        return true;
      case "row":
        address.failed();
        this.#fail(trial, `the endpoint refuses the row (${refusal.reason})`);
        return true;
      case "job":
        address.failed();
        throw jobRefused(endpoint, address, refusal.reason);
    }
  }

  #meetBreak(address: Address, trial: Trial, reason: string): boolean {
    address.broken(Date.now(), reason);
    const { breaks } = trial;
    breaks.all++;
    if (trial.answersBefore < this.#answers) breaks.beside++;
    trial.answersBefore = this.#answers;
    if (breaks.beside >= MOST_BREAKS.beside || breaks.all >= MOST_BREAKS.all)
      this.#fail(trial, `the endpoint did not answer: ${reason}; tried ${breaks.all} times`);
    else this.#rows.again(trial);
    return false;
  }

  #meetFault(trial: Trial, reason: string): void {
    trial.faults++;
    if (trial.faults >= MOST_FAULTS) {
      this.#fail(trial, `the endpoint failed over the row (${reason}); tried ${trial.faults} times`);
      return;
    }
    this.#delayed++;
    this.#later(Math.min(FAULT_MS.most, FAULT_MS.first * 2 ** (trial.faults - 1)), () => {
      this.#delayed--;
      this.#rows.again(trial);
      this.#pump();
    });
  }

  #cut(trial: Trial, share: number | null, reason: string): void {
    if (!this.#parts.job.truncateRows) {
      this.#fail(trial, `the row is longer than the model holds (${reason})`);
      return;
    }
    const kept = Math.floor(trial.text.length * (share === null ? CUT_BLINDLY : CUT_SHARE * share));
    trial.cuts++;
    if (trial.cuts > MOST_CUTS || kept === 0) {
      this.#fail(trial, `the row does not fit, however much is cut (${reason})`);
      return;
    }
    // not in the middle of a pair of code units
    trial.text = trial.text.slice(0, kept).replace(/[\uD800-\uDBFF]$/, "");
    this.#rows.again(trial);
  }

  #complete(trial: Trial, completion: Completion): void {
    const { job, meter } = this.#parts;
    const { index, text: whole } = trial.row;
    if (completion.finish === "refused") {
      this.#fail(trial, "the endpoint's content filter withheld the output");
      return;
    }
    const usage = completion.usage ?? {
      inputTokens: estimateTokens(trial.text) + estimateTokens(job.chat.systemPrompt ?? ""),
      sharedTokens: 0,
      outputTokens: completion.logprobs?.lengths.length ?? estimateTokens(completion.text),
    };
    meter.addInputTokens(usage.inputTokens);
    meter.addOutputTokens(usage.outputTokens);
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

  #fail({ row, cuts }: Trial, error: string): void {
    this.#aheadCharacters -= row.text.length;
    this.#parts.done({ index: row.index, error, ...(cuts > 0 && { isInputCut: true }) });
  }
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
