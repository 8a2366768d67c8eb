import { checkedUrl, type Endpoint } from "./engine/index.js";
import { InputError } from "./errors.js";
import { DEFAULT_ENDPOINT_LIMITS, type HomeConfig } from "./jobs/index.js";
import type { ModelEndpoint } from "./modelRef.js";

type Configured = HomeConfig["endpoints"][number];

/** The endpoint that a model option stands for: an address, `http://host:8000/v1#name`, or the user's own name for one in
 *  config.json.
 *  @returns null for what is none; its model is "" where nobody says which
 *  @throws {InputError} ROWMILL_BAD_ENDPOINT */
export function findEndpoint(name: string, { endpoints }: Pick<HomeConfig, "endpoints">): Endpoint | null {
  const text = name.trim();
  const own = endpoints.find((one) => one.name === text);
  if (own !== undefined) return configured(own);
  const [address = "", model = ""] = splitAt(text, text.indexOf("#"));
  if (!/^https?:/i.test(address) || isModelFile(address)) return null;
  const url = checkedUrl(address);
  return { name: url, urls: [url], model: decoded(model), key: null, limits: DEFAULT_ENDPOINT_LIMITS };
}

/** The endpoint of a job that was submitted, as config.json has it now.
 *  @throws {InputError} ROWMILL_BAD_ENDPOINT where it no longer has it */
export function endpointOf({ endpoint, model }: ModelEndpoint, config: Pick<HomeConfig, "endpoints">): Endpoint {
  const found = findEndpoint(endpoint, config);
  if (found !== null) return { ...found, model };
  throw new InputError(
    "ROWMILL_BAD_ENDPOINT",
    `the job's endpoint ${endpoint} is no longer in config.json (endpoints): put it back there, or submit the rows again`,
  );
}

/** Of input and output; null where config.json has none. */
export function endpointPrice(
  name: string,
  { endpoints }: Pick<HomeConfig, "endpoints">,
): Configured["pricePerMillionTokens"] {
  return endpoints.find((one) => one.name === name.trim())?.pricePerMillionTokens ?? null;
}

function configured({ name, urls, model, key, keyFile, limits }: Configured): Endpoint {
  return {
    name,
    urls: urls.map(checkedUrl),
    model,
    key: key !== null ? { variable: key } : keyFile !== null ? { file: keyFile } : null,
    limits,
  };
}

/** A file to be downloaded, and no server. */
function isModelFile(address: string): boolean {
  return /\.gguf(?:\.part\d+of\d+)?(?:\?.*)?$/i.test(address);
}

function splitAt(text: string, at: number): string[] {
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
