/** A small HTTP service on the loopback address that answers as a Relearn service does, for tests. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface LoopbackService {
  readonly url: string;
  /** Sent as it is; an object is written as JSON. */
  config: unknown;
  etag: string;
  /** Answers with this status instead, by path prefix; undefined: as usual. */
  status: { switchboard?: number; exposures?: number; outcomes?: number };
  /** Answer to an accepted batch. */
  report: string;
  /** Accepts requests and never answers. */
  silent: boolean;
  /** At most this many documents in a batch, else 413. */
  largestBatch: number;
  readonly requests: { readonly method: string; readonly path: string; readonly status: number }[];
  readonly headers: IncomingMessage["headers"][];
  readonly exposures: Record<string, unknown>[];
  readonly outcomes: Record<string, unknown>[];
  readonly batchSizes: number[];
  /** Resolves when the given number of requests, counted from the start, have come. */
  arrived(count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function loopbackService(config: unknown): Promise<LoopbackService> {
  let waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const service: LoopbackService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    config,
    etag: '"1"',
    status: {},
    report: "{}",
    silent: false,
    largestBatch: Number.POSITIVE_INFINITY,
    requests: [],
    headers: [],
    exposures: [],
    outcomes: [],
    batchSizes: [],
    arrived: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        wake();
      }),
    async stop() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  function wake(): void {
    const due = waiting.filter(({ count }) => service.requests.length >= count);
    waiting = waiting.filter((each) => !due.includes(each));
    for (const { resolve } of due) resolve();
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const path = request.url ?? "";
    const [status, text] = decide(request, path, body);
    service.headers.push(request.headers);
    service.requests.push({ method: request.method ?? "", path, status });
    if (!service.silent) {
      response.writeHead(status, { "content-type": "application/json", etag: service.etag });
      response.end(text);
    }
    wake();
  }

  function decide(request: IncomingMessage, path: string, body: string): [number, string] {
    if (path.endsWith("/switchboard")) {
      if (service.status.switchboard !== undefined) return [service.status.switchboard, "{}"];
      if (request.headers["if-none-match"] === service.etag) return [304, ""];
      return [200, typeof service.config === "string" ? service.config : JSON.stringify(service.config)];
    }
    const kind = path.endsWith("/exposures") ? "exposures" : "outcomes";
    const documents: Record<string, unknown>[] = body
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
    service.batchSizes.push(documents.length);
    if (service.status[kind] !== undefined) return [service.status[kind], "{}"];
    if (documents.length > service.largestBatch) return [413, "{}"];
    service[kind].push(...documents);
    return [202, service.report];
  }
  return service;
}
