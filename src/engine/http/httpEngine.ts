import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "../../errors.js";
import { compiledForm } from "../compiledForm.js";
import type { Engine, EngineFailure, EngineJob, EngineMeter, EngineResult, RowPull } from "../engine.js";
import { Address } from "./address.js";
import { askEndpoint } from "./ask.js";
import type { Endpoint, EndpointFacts } from "./endpoint.js";
import { HttpRun } from "./httpRun.js";
import { readKey } from "./keys.js";
import { Transport } from "./transport.js";

/** How long an endpoint that could not be asked what it can do is left alone. */
const ASK_AGAIN_MS = 5000;

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
    const facts = await this.#factsFor(job, meter, signal);
    if (facts === null) return;
    this.#addresses ??= endpoint.urls.map((url) => new Address(url, endpoint.limits.requests, facts.slots));
    const addresses = this.#addresses;
    for (const address of addresses) address.begin();
    await new HttpRun({ endpoint, facts, transport, addresses, job, compiled, pull, meter, done, signal }).end;
  }

  /** What the submission has found; where that is lost, or is of another form, it is asked for again, however long nobody answers.
   *  @returns null when the job has to stop */
  async #factsFor({ form }: EngineJob, meter: EngineMeter, signal: AbortSignal): Promise<EndpointFacts | null> {
    const kind = form?.kind ?? null;
    const known = this.#facts;
    if (known !== null && (kind === null || known.forms[kind] !== undefined)) return known;
    while (!signal.aborted) {
      try {
        const { facts } = await askEndpoint(this.#endpoint, kind, () => known);
        this.#facts = facts;
        meter.waitsFor?.(null);
        return facts;
      } catch (error) {
        if (!(error instanceof InputError) || error.code !== "ROWMILL_ENDPOINT_UNREACHABLE") throw error;
        meter.waitsFor?.(`${this.#endpoint.name} (${error.message})`);
        await sleep(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }
}
