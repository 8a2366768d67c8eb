import { InputError } from "../../errors.js";
import type { OutputForm } from "../../output/index.js";

/** A server, or several with the same model, that speaks OpenAI's chat completions. Holds no key: only where one is. */
export interface Endpoint {
  /** As messages name it: the address, or the user's own name for it. */
  readonly name: string;
  /** Of its `/v1`, without a slash behind it. */
  readonly urls: readonly string[];
  /** As the server knows it. */
  readonly model: string;
  readonly key: KeyPlace | null;
  readonly limits: EndpointLimits;
}

/** Where the key of an endpoint is found by the process that needs it. */
export type KeyPlace = { readonly variable: string } | { readonly file: string };

export interface EndpointLimits {
  /** Requests at a time to each address; null lets them grow as far as they gain something. */
  readonly requests: number | null;
  /** How long one request may take. */
  readonly timeoutSeconds: number;
  /** Of prompt and output together; null where the server has to tell. */
  readonly contextTokens: number | null;
}

export type FormKind = OutputForm["kind"];

/** The field of a request that says an output's form. "grammar": GBNF, as llama-server reads it. "response_format": a JSON Schema,
 *  as OpenAI defined it. "structured_outputs" and "guided": vLLM's, the newer and the older. "sglang": `regex` and `ebnf`. */
export type FormField = "grammar" | "response_format" | "structured_outputs" | "guided" | "sglang";

/** What an endpoint has told of itself. */
export interface EndpointFacts {
  /** Program and version, as far as it says: another one is asked again. */
  readonly server: string;
  /** Where it was asked. */
  readonly urls: readonly string[];
  /** Of prompt and output together; null where it does not say. */
  readonly contextTokens: number | null;
  /** Requests that it computes at a time; null where it does not say. */
  readonly slots: number | null;
  /** It takes `top_k`, `min_p` and penalties that OpenAI's does not have. */
  readonly takesSampling: boolean;
  /** By the kind of form: null where it has no field for it, absent where it was never asked. */
  readonly forms: Readonly<Partial<Record<FormKind, FormField | null>>>;
}

/** @throws {InputError} ROWMILL_BAD_ENDPOINT for an address that is none, or that holds a password */
export function checkedUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InputError(
      "ROWMILL_BAD_ENDPOINT",
      `${text} is no address of an endpoint: write http://HOST:PORT/v1#MODEL`,
    );
  }
  if (!/^https?:$/.test(url.protocol))
    throw new InputError(
      "ROWMILL_BAD_ENDPOINT",
      `${text} is no address of an endpoint: it begins with http: or https:`,
    );
  if (url.username !== "" || url.password !== "")
    throw new InputError(
      "ROWMILL_BAD_ENDPOINT",
      `the address of ${url.host} holds a user or a password, which would stand in the job's record: name the key's place in config.json (endpoints)`,
    );
  if (url.search !== "")
    throw new InputError("ROWMILL_BAD_ENDPOINT", `the address of ${url.host} has a query, which an endpoint has not`);
  url.hash = "";
  return url.href.replace(/\/+$/, "");
}
