import { InputError, messageOf } from "../errors.js";
import type { ModelSource } from "./source.js";

const REACH_TIMEOUT_MS = 20_000;

/** Downloads a hub file or an URL into `folder` with node-llama-cpp's own downloader: split models with all parts, a
 *  download that was broken off goes on where it stopped. HF_ENDPOINT and HF_TOKEN count, as that library documents.
 *  @throws {InputError} when the server cannot be reached or does not have the file */
export async function downloadModel(
  source: Extract<ModelSource, { kind: "hub" | "url" }>,
  folder: string,
  onProgress: (file: string, bytesDone: number, bytesTotal: number | null) => void,
  signal: AbortSignal,
): Promise<void> {
  await reachServer(source, signal);
  const { createModelDownloader } = await import("node-llama-cpp");
  // its retries wait on timers that do not keep the process alive
  const alive = setInterval(() => {}, 1000);
  try {
    const downloader = await orAbort(
      createModelDownloader({
        modelUri: source.uri,
        dirPath: folder,
        showCliProgress: false,
        deleteTempFileOnCancel: false,
        onProgress: ({ downloadedSize, totalSize }) =>
          onProgress(downloader.entrypointFilename, downloadedSize, totalSize > 0 ? totalSize : null),
      }),
      signal,
    );
    await downloader.download({ signal });
  } finally {
    clearInterval(alive);
  }
}

/** The downloader tries a silent server for a quarter of an hour; whether anybody answers shows at once. */
async function reachServer(source: { kind: "hub" | "url"; uri: string }, signal: AbortSignal): Promise<void> {
  const address = source.kind === "url" ? source.uri : hubEndpoint();
  const { username, password, ...url } = splitUrl(address);
  const credentials = username === "" ? {} : { authorization: `Basic ${btoa(`${username}:${password}`)}` };
  let status: number;
  try {
    const timely = AbortSignal.any([signal, AbortSignal.timeout(REACH_TIMEOUT_MS)]);
    status = (await fetch(url.plain, { method: "HEAD", headers: credentials, signal: timely })).status;
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    throw new InputError("ROWMILL_PULL_FAILED", `${url.host} cannot be reached (${messageOf(why)})`, { cause });
  }
  if (source.kind === "url" && (status === 404 || status === 410)) {
    throw new InputError("ROWMILL_NO_SUCH_SOURCE", `${url.host} has no such file (HTTP ${status})`);
  }
}

function hubEndpoint(): string {
  return process.env.MODEL_ENDPOINT || process.env.HF_ENDPOINT || "https://huggingface.co/";
}

/** fetch refuses an address with credentials in it. */
function splitUrl(address: string) {
  const url = new URL(address);
  const { username, password, host } = url;
  url.username = "";
  url.password = "";
  return { username: decodeURIComponent(username), password: decodeURIComponent(password), host, plain: url.href };
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
