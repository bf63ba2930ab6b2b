import { type AddressInfo, createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { type ServerType, serve } from "@hono/node-server";
import { RelearnError } from "../errors.ts";
import { titles } from "../http/problem.ts";
import type { Router } from "../http/router.ts";

export interface RunningService {
  readonly address: string;
  /** Stops accepting requests, waits up to five seconds for those in progress, then closes their connections. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly host: string;
  /** Preferred port; 0 selects any free one. */
  readonly port: number;
  /** Whether to use the next free port if the preferred one is in use. */
  readonly searchPort: boolean;
}

const STOP_GRACE_MS = 5000;
/** Number of ports to try, beginning with the preferred one. */
const PORT_SEARCH = 50;

/** Opens a port and serves the application on it. */
export async function startService(app: Router, options: ServiceOptions): Promise<RunningService> {
  const port = options.searchPort && options.port !== 0 ? await firstFreePort(options) : options.port;
  const server = await new Promise<ServerType>((resolve, reject) => {
    const starting = serve({ fetch: app.fetch, hostname: options.host, port }, () => resolve(starting));
    starting.on("clientError", refuseUnreadable);
    starting.once("error", (error) => reject(portError(error, options.host, port)));
  });
  const { port: bound } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    address: `http://${host}:${bound}`,
    stop: () => stopServer(server),
  };
}

/** Responds to bytes that are not a valid HTTP request with a problem document and closes the connection. */
function refuseUnreadable(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = unreadable[error.code ?? ""] ?? [
    "400 Bad Request",
    "The data received is not a valid HTTP request.",
  ];
  const problem = JSON.stringify({
    type: "/docs#problem-invalid_input",
    title: titles.invalid,
    status: Number(status.slice(0, 3)),
    detail,
    code: "invalid_input",
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: ${problem.length}\r\n\r\n${problem}`,
  );
}

const unreadable: Readonly<Record<string, readonly [status: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "The URL and the headers are larger than 16 kB; send long values in the body.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request was not complete in time."],
};

async function stopServer(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if ("closeIdleConnections" in server) server.closeIdleConnections();
  const cutOff = setTimeout(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
  }, STOP_GRACE_MS);
  await closed;
  clearTimeout(cutOff);
}

async function firstFreePort(options: ServiceOptions): Promise<number> {
  for (let port = options.port; port < Math.min(options.port + PORT_SEARCH, 65_536); port++) {
    if (await isFree(options.host, port)) return port;
  }
  return options.port;
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe: Server = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

function portError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return new RelearnError(
      "service_unavailable",
      `Port ${port} on ${host} is already in use. Choose another with --port.`,
      { cause: error },
    );
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    return new RelearnError(
      "invalid_input",
      `The service cannot listen on ${host}:${port} (${String(code)}). Choose another with --host or --port.`,
      { cause: error },
    );
  }
  return error;
}
