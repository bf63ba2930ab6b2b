/**
 * What no well-behaved client sends, byte by byte over a socket: each gets an answer or the end of its
 * connection, and the service goes on as if nothing had been.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openAuthentication } from "../../api/authenticate.ts";
import { startService } from "../../api/service.ts";
import { createInstallationApp } from "../../compose.ts";
import { testInstallation } from "../test-installation.ts";

let port: number;
let stored: () => Promise<number>;
const failures = vi.fn();

beforeEach(async () => {
  failures.mockReset();
  const relearn = await testInstallation();
  const app = createInstallationApp(relearn, {
    authenticate: openAuthentication(),
    reportFailure: failures,
  });
  const service = await startService(app, { host: "127.0.0.1", port: 0, searchPort: false });
  onTestFinished(() => service.stop());
  port = Number(new URL(service.address).port);
  stored = async () => (await relearn.examples.stats()).total;
});

/** All that the service says to these bytes until it ends the connection, and the status of the first answer. */
async function say(...parts: readonly (string | Buffer)[]): Promise<{ status: number; text: string }> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A service that has heard enough may reset the connection.
  socket.on("error", () => {});
  for (const part of parts) socket.write(part);
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

const request = (
  line: string,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Buffer = "",
): [string, string | Buffer] => [
  `${line} HTTP/1.1\r\n${Object.entries({ host: `127.0.0.1:${port}`, connection: "close", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`,
  body,
];

const json = (path: string, body: string | Buffer, headers: Readonly<Record<string, string | number>> = {}) =>
  request(
    `POST ${path}`,
    { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers },
    body,
  );

const record = (key: string, over = "") =>
  `{"agent":"inbox_triage","key":"${key}","payload":{},"label":"safe"${over}}`;

describe("a service", () => {
  it("answers what is malformed, oversized or meant to go elsewhere, and keeps the good records between", async () => {
    // A page of the console, where it is built, or nothing; no file.
    const console = [200, 404, 503];
    const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    const gzip = { "content-encoding": "gzip" };
    const packed = gzipSync(`[${record("packed")}]`);
    const flood = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`x-${index}`, index]));
    const cases: readonly (readonly [
      name: string,
      bytes: readonly (string | Buffer)[],
      status: number | readonly number[],
    ])[] = [
      ["no HTTP", ["\x16\x03\x01 hello\r\n\r\n"], 400],
      ["no host", ["GET /v1/agents HTTP/1.1\r\n\r\n"], 400],
      ["a host that is none", request("GET /v1/agents", { host: "a b" }), 400],
      ["headers over 16 kB", request("GET /v1/agents", { "x-long": "x".repeat(20_000) }), 431],
      ["a flood of headers", request("GET /v1/agents", flood), 431],
      ["an address over 16 kB", request(`GET /v1/agents?x=${"y".repeat(20_000)}`), 431],
      ["a long address", request(`GET /v1/bundles/${"y".repeat(8000)}`), 404],
      ["a way out of the folder", request("GET /../../../etc/passwd"), console],
      ["the same, percent-encoded", request("GET /assets/..%2f..%2f..%2fetc%2fpasswd"), console],
      ["half a percent sign", request("GET /v1/bundles/%"), [400, 404]],
      ["no UTF-8 in the address", request("GET /v1/bundles/%ff%fe"), [400, 404]],
      ["an unknown method", request("BREW /v1/agents"), [400, 405]],
      ["TRACE", request("TRACE /v1/agents"), [400, 405]],
      ["CONNECT", request("CONNECT example.org:443"), [0, 400, 404, 405]],
      [
        "a body that is not what the length says",
        request(
          "POST /v1/examples",
          { "content-type": "application/json", "content-length": 3 },
          `[${record("short")}]`,
        ),
        400,
      ],
      ["two lengths", request("POST /v1/examples", { "content-length": "2, 3" }, "[]"), 400],
      [
        "a length and chunks",
        request("POST /v1/examples", { "content-length": 2, "transfer-encoding": "chunked" }, "0\r\n\r\n"),
        400,
      ],
      [
        "chunks that are none",
        request(
          "POST /v1/examples",
          { "content-type": "application/json", "transfer-encoding": "chunked" },
          "zz\r\n",
        ),
        400,
      ],
      ["gzip that ends early", json("/v1/examples", packed.subarray(0, 30), gzip), 400],
      [
        "gzip with something after it",
        json("/v1/examples", Buffer.concat([packed, Buffer.from("x")]), gzip),
        400,
      ],
      ["gzip in gzip", json("/v1/examples", gzipSync(packed), gzip), 400],
      ["a gzip bomb", json("/v1/examples", gzipSync(Buffer.alloc(64 * 1024 * 1024, " ")), gzip), 413],
      [
        "an announced 10 GB",
        request("POST /v1/examples", {
          "content-type": "application/json",
          "content-length": 10 * 1024 ** 3,
        }),
        413,
      ],
      ["10,000 levels", json("/v1/examples", `[${record("deep", `,"notes":${deep(10_000)}`)}]`), 200],
      ["10,000 levels where a document is", json("/v1/review/claim", deep(10_000)), 400],
      ["1e999", json("/v1/review/claim", '{"agent":"inbox_triage","count":1e999}'), 400],
      ["__proto__", json("/v1/review/claim", '{"agent":"inbox_triage","__proto__":{"count":1}}'), 400],
      ["a member twice", json("/v1/review/claim", '{"agent":"inbox_triage","agent":"nobody"}'), 404],
      ["U+0000", json("/v1/examples", `[${record("a\\u0000b")}]`), 200],
      ["half a surrogate", json("/v1/examples", `[${record("\\ud800")}]`), 200],
      ["a cursor that is none", request("GET /v1/examples?before=9e99"), 400],
      ["a cursor beyond 2^63", request("GET /v1/audit?before=9223372036854775808"), 400],
      [
        "another type",
        json("/v1/review/claim", "a=b", { "content-type": "application/x-www-form-urlencoded" }),
        415,
      ],
    ];
    const passwords = readFileSync("/etc/passwd", "utf8").split(":")[0]!;
    let good = 0;
    for (const [name, bytes, status] of cases) {
      const answer = await say(...bytes);
      const expected = typeof status === "number" ? [status] : status;
      expect([name, expected.includes(answer.status), answer.text.slice(0, 200)]).toEqual([
        name,
        true,
        expect.anything(),
      ]);
      expect([name, answer.text.includes(`${passwords}:`)]).toEqual([name, false]);
      if (
        answer.status >= 400 &&
        !answer.text.includes("content-type: text/html") &&
        answer.text.includes("content-type")
      )
        expect([name, answer.text.includes("application/problem+json")]).toEqual([name, true]);
      const kept = await say(...json("/v1/examples", `[${record(`good-${good}`)}]`));
      expect([name, kept.status, kept.text.includes('"stored":1')]).toEqual([name, 200, true]);
      good += 1;
    }
    expect(await stored()).toBe(good);
    expect(failures.mock.calls.map(([error]) => String(error))).toEqual([]);
  });

  it("lets go of what a client takes with it that goes in mid-request", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      request("POST /v1/examples", { "content-type": "application/x-ndjson", "content-length": 1000 })[0],
    );
    socket.write(`${record("gone")}\n`);
    await once(socket, "ready");
    socket.destroy();
    const kept = await say(...json("/v1/examples", `[${record("good")}]`));
    expect(kept.status).toBe(200);
    expect(failures.mock.calls.map(([error]) => String(error))).toEqual([]);
  });
});
