/**
 * Bad requests made from the OpenAPI document: right paths with wrong parts. None may be answered by a 5xx,
 * hang, or cost a good record that is sent between them.
 */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect } from "vitest";
import type { OpenApiDocument } from "../../api/openapi-document.ts";

type Json = Record<string, unknown>;
type Send = (path: string, init?: RequestInit) => Promise<Response>;

interface BadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  readonly packed: boolean;
}

/** Longer than anything takes on a busy machine: what is not answered by then hangs. */
const HANG_MS = 60_000;

const hostileText = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "\u0000",
    "a\u0000b",
    "\ud800",
    "__proto__",
    "constructor",
    "null",
    "NaN",
    "-1",
    "1e999",
    "9".repeat(400),
    "'; drop table agents; --",
    "%00",
    "../../etc/passwd",
    "{}",
    "[]",
    "é\u0301\u202e",
    "x".repeat(5000),
    "0",
    "17",
    "2026-13-45T99:00:00Z",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const known = fc.constantFrom(
  "inbox_triage",
  "insights_writer",
  "guard",
  "time_zone",
  "rollout_policy.inbox_triage",
  "gold",
  "outcomes",
  "1",
  "2",
);
const anyValue = fc.oneof(
  { depthSize: "small" },
  fc.jsonValue({ maxDepth: 3 }),
  hostileText,
  known,
  fc.double(),
  fc.bigInt().map(String),
  fc.constant(null),
);

/** All bad requests that the document's operations allow to think of. */
export function badRequests(document: OpenApiDocument): fc.Arbitrary<BadRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
    // Training, jobs and feeds are long on data; what they refuse is what is asked here, on none.
    Object.entries(byMethod).map(([method, operation]) => ({ path, method, operation })),
  );
  return fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? "");
    const query = (operation.parameters ?? [])
      .filter((one) => one["in"] === "query")
      .map((one) => String(one["name"]));
    return fc.record({
      method: fc.oneof(
        { weight: 20, arbitrary: fc.constant(method.toUpperCase()) },
        { weight: 1, arbitrary: fc.constantFrom("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS") },
      ),
      path: fc
        .tuple(
          fc.tuple(...names.map(() => fc.oneof(hostileText, known))),
          fc.array(
            fc.tuple(
              fc.oneof(fc.constantFrom(...query, "limit", "before", "agent"), hostileText),
              fc.oneof(hostileText, known),
            ),
            { maxLength: 4 },
          ),
        )
        .map(([parts, pairs]) => {
          let index = 0;
          const filled = path.replace(/\{[^}]+\}/g, () => encode(parts[index++] ?? "x") || "x");
          return pairs.length === 0
            ? filled
            : `${filled}?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")}`;
        }),
      headers: getHeaders(operation),
      body: method === "get" ? fc.constant(undefined) : generateBody(operation, document),
      packed: fc.boolean(),
    });
  });
}

/** Half a surrogate has no address form. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

function getHeaders(operation: Json): fc.Arbitrary<Record<string, string>> {
  const type =
    operation["x-relearn-batch"] === true
      ? ["application/json", "application/x-ndjson"]
      : ["application/json"];
  return fc
    .record(
      {
        "content-type": fc.oneof(
          { weight: 12, arbitrary: fc.constantFrom(...type) },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              "text/plain",
              "application/xml",
              "application/json; charset=utf-16",
              "x",
              "multipart/form-data",
              "application/x-www-form-urlencoded",
            ),
          },
        ),
        "idempotency-key": fc.oneof(fc.constantFrom("k", '"k"', "", "x".repeat(300)), fc.uuid()),
        "relearn-actor": fc.oneof(
          fc.constantFrom("ana", "ben", "", "%00", "%E0%A4%A", "x".repeat(3000)),
          hostileText.map(encode),
        ),
        "content-encoding": fc.constantFrom("gzip", "br", "identity", ""),
        "last-event-id": fc.constantFrom("1", "-1", "x", "9".repeat(30)),
        "if-none-match": fc.constantFrom("*", '"x"', "W/"),
        "x-request-id": fc.constantFrom("a", "x".repeat(500), "<script>"),
      },
      { requiredKeys: [] },
    )
    .map(
      (headers) =>
        Object.fromEntries(
          Object.entries(headers).filter(
            ([name]) => name !== "content-encoding" || headers["content-encoding"] !== undefined,
          ),
        ) as Record<string, string>,
    );
}

function generateBody(
  operation: { requestBody?: Json },
  document: OpenApiDocument,
): fc.Arbitrary<string | undefined> {
  const content = operation.requestBody?.["content"] as Record<string, { schema?: unknown }> | undefined;
  const schema = content?.["application/json"]?.schema;
  const near = fc
    .tuple(
      nearSchema(schema, document, 0),
      fc.array(fc.tuple(fc.oneof(fc.constantFrom("__proto__", "extra"), hostileText), anyValue), {
        maxLength: 1,
      }),
    )
    .map(([value, extra]) =>
      JSON.stringify(
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? { ...value, ...Object.fromEntries(extra) }
          : value,
      ),
    );
  return fc.oneof(
    { weight: 10, arbitrary: near },
    { weight: 2, arbitrary: anyValue.map((value) => JSON.stringify(value) ?? "") },
    { weight: 1, arbitrary: hostileText },
    { weight: 1, arbitrary: fc.array(near, { maxLength: 5 }).map((lines) => lines.join("\n")) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** Values near the schema: most members right, some of another kind, some left out. */
function nearSchema(schema: unknown, document: OpenApiDocument, depth: number): fc.Arbitrary<unknown> {
  if (typeof schema !== "object" || schema === null || depth > 5) return anyValue;
  const one = schema as Json;
  const target = one["$ref"];
  if (typeof target === "string")
    return nearSchema(document.components.schemas[target.split("/").at(-1) ?? ""], document, depth + 1);
  const options = one["anyOf"] ?? one["oneOf"];
  if (Array.isArray(options))
    return fc.oneof(...options.map((option) => nearSchema(option, document, depth + 1)));
  if (Array.isArray(one["enum"])) return often(fc.constantFrom(...one["enum"]));
  if ("const" in one) return often(fc.constant(one["const"]));
  switch (one["type"]) {
    case "string":
      return often(fc.oneof(fc.string({ maxLength: 30 }), known, fc.constant("2026-03-02T11:00:00Z")));
    case "integer":
    case "number":
      return often(
        fc.oneof(fc.integer({ min: -1, max: 101 }), fc.double(), fc.constantFrom(0.5, 1e308, -0, 2 ** 53)),
      );
    case "boolean":
      return often(fc.boolean());
    case "array":
      return often(fc.array(nearSchema(one["items"], document, depth + 1), { maxLength: 3 }));
    case "object": {
      const properties = Object.entries((one["properties"] as Json | undefined) ?? {});
      if (properties.length === 0)
        return often(fc.dictionary(fc.string({ maxLength: 10 }), anyValue, { maxKeys: 4 }));
      const required = (one["required"] as string[] | undefined) ?? [];
      return fc.record(
        Object.fromEntries(properties.map(([name, of]) => [name, nearSchema(of, document, depth + 1)])),
        { requiredKeys: required.filter((name) => properties.some(([own]) => own === name)) },
      );
    }
    default:
      return anyValue;
  }
}

const often = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: anyValue });

/** Sends `count` of them, with good records between, and holds what comes of each; how many got which status. */
export async function sendBadRequests(
  send: Send,
  options: { count: number; seed: number },
): Promise<ReadonlyMap<number, number>> {
  const document = (await (await send("/openapi.json")).json()) as OpenApiDocument;
  let sent = 0;
  let good = 0;
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(badRequests(document), async (request) => {
      const answer = await answered(send, request);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      sent += 1;
      if (sent % 100 === 0) {
        const lines = [goodRecord(good++), "{", JSON.stringify({ agent: 17 }), goodRecord(good++)].join("\n");
        const report = await send("/v1/signals/gold", {
          method: "POST",
          headers: { "content-type": "application/x-ndjson" },
          body: lines,
        });
        expect(await report.json()).toMatchObject({ stored: 2, rejected: [{ index: 1 }, { index: 2 }] });
      }
    }),
    { numRuns: options.count, seed: options.seed, endOnFailure: true },
  );
  // Each is there as it was sent: sent again, it is a duplicate.
  for (let from = 0; from < good; from += 5000) {
    const lines = Array.from({ length: Math.min(5000, good - from) }, (_, index) =>
      goodRecord(from + index),
    ).join("\n");
    const report = await send("/v1/signals/gold", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: lines,
    });
    expect(await report.json()).toMatchObject({
      stored: 0,
      updated: 0,
      duplicates: Math.min(5000, good - from),
    });
  }
  // That it does reach the routes: some are right by chance.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 404, 405]));
  return statuses;
}

const goodRecord = (index: number): string =>
  JSON.stringify({
    agent: "inbox_triage",
    task_key: `good-${index}`,
    payload: { risk_score: index % 100 },
    label: "Safe",
  });

async function answered(send: Send, request: BadRequest): Promise<Response> {
  const { method, path, body, packed } = request;
  const headers = new Headers(request.headers);
  if (packed && headers.get("content-encoding") === "gzip" && body === undefined)
    headers.delete("content-encoding");
  const bytes =
    body !== undefined && packed && headers.get("content-encoding") === "gzip"
      ? new Uint8Array(gzipSync(body))
      : body;
  const withBody = bytes !== undefined && method !== "GET" && method !== "OPTIONS";
  let timer: NodeJS.Timeout | undefined;
  const answer = await Promise.race([
    send(path, { method, headers, ...(withBody ? { body: bytes } : {}) }),
    new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`hangs: ${method} ${path}`)), HANG_MS);
    }),
  ]).finally(() => clearTimeout(timer));
  if (answer.headers.get("content-type") === "text/event-stream") await answer.body?.cancel();
  else {
    const text = await answer.text();
    expect(answer.status, text).toBeLessThan(500);
    if (answer.status >= 400) {
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(JSON.parse(text)).toMatchObject({ status: answer.status, code: expect.any(String) });
    }
  }
  return answer;
}
