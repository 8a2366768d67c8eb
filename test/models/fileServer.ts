import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FileServer {
  readonly url: string;
  /** Requests so far, "METHOD /path". */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Bytes to serve, or a function that answers by itself. */
export type Served = Uint8Array | string | ((request: IncomingMessage, response: ServerResponse) => void);

/** A real HTTP server on loopback that serves a map of paths, with HEAD and Range as model hubs do. */
export async function serveFiles(files: Readonly<Record<string, Served>>): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://server").pathname;
    requests.push(`${request.method} ${path}`);
    const served = files[decodeURIComponent(path)];
    if (typeof served === "function") served(request, response);
    else if (served === undefined) response.writeHead(404).end();
    else sendBytes(Buffer.from(served), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendBytes(bytes: Buffer, request: IncomingMessage, response: ServerResponse): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const from = Number(range?.[1] ?? 0);
  const to = Math.min(Number(range?.[2] || bytes.length - 1), bytes.length - 1);
  response.writeHead(range ? 206 : 200, {
    "accept-ranges": "bytes",
    "content-length": to - from + 1,
    ...(range && { "content-range": `bytes ${from}-${to}/${bytes.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : bytes.subarray(from, to + 1));
}
