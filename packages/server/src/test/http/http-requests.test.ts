import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openAuthentication } from "../../api/authenticate.ts";
import { createInstallationApp } from "../../compose.ts";
import { RateLimiter } from "../../http/rate-limiter.ts";
import { testInstallation } from "../test-installation.ts";

const json = { "content-type": "application/json" };

/** Status, code and headers of an answer that must be a problem document. */
async function readProblem(answer: Response) {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem["status"]).toBe(answer.status);
  expect(problem["type"]).toBe(`/docs#problem-${String(problem["code"])}`);
  expect(problem["request_id"]).toBe(answer.headers.get("x-request-id"));
  return { status: answer.status, code: problem["code"], problem, headers: answer.headers };
}

describe("what the service cannot answer", () => {
  it("is a problem document with a stable code, whatever is wrong", async () => {
    const { fetch } = await testInstallation();
    const post = (
      path: string,
      body: string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string> = json,
    ) => fetch(path, { method: "POST", headers, body });
    const proposal = "/v1/bundles/none/proposal";
    const cases: [string, Promise<Response>, number, string][] = [
      ["no such route", fetch("/v1/nothing"), 404, "not_found"],
      ["no such thing", fetch("/v1/bundles/none"), 404, "unknown_bundle"],
      ["another method", fetch("/v1/signals/gold"), 405, "method_not_allowed"],
      ["no JSON", post("/v1/review/claim", "{"), 400, "invalid_input"],
      ["no list", post("/v1/review/claim", "[]"), 400, "invalid_input"],
      ["an unknown field", post("/v1/review/claim", '{"agent":"inbox_triage","x":1}'), 400, "invalid_input"],
      ["an unknown parameter", fetch("/v1/bundles?color=red"), 400, "invalid_input"],
      ["a query where there is none", fetch("/v1/agents?limit=3"), 400, "invalid_input"],
      ["a body where there is none", post(proposal, '{"x":1}'), 400, "invalid_input"],
      ["U+0000 in the address", fetch("/v1/bundles/a%00b"), 400, "invalid_input"],
      ["U+0000 in the query", fetch("/v1/bundles?agent=a%00b"), 400, "invalid_input"],
      ["U+0000 in the body", post("/v1/review/claim", '{"agent":"a\\u0000"}'), 400, "invalid_input"],
      ["half a surrogate", post("/v1/review/claim", '{"agent":"\\ud800"}'), 400, "invalid_input"],
      ["an infinite number", post("/v1/review/claim", '{"agent":"a","count":1e999}'), 400, "invalid_input"],
      [
        "deep nesting",
        post("/v1/review/claim", "[".repeat(50_000) + "]".repeat(50_000)),
        400,
        "invalid_input",
      ],
      ["too long", post("/v1/review/claim", JSON.stringify("x".repeat(1024 * 1024))), 413, "too_large"],
      [
        "another type",
        post("/v1/review/claim", "a=b", { "content-type": "text/plain" }),
        415,
        "unsupported_media_type",
      ],
      [
        "another encoding",
        post("/v1/review/claim", "{}", { ...json, "content-encoding": "br" }),
        415,
        "unsupported_media_type",
      ],
      [
        "broken gzip",
        post("/v1/review/claim", "{}", { ...json, "content-encoding": "gzip" }),
        400,
        "invalid_input",
      ],
      ["a body of nothing, of no type", post("/v1/review/claim", new Uint8Array(), {}), 400, "invalid_input"],
      ["no UTF-8", post("/v1/review/claim", new Uint8Array([34, 255, 34])), 400, "invalid_input"],
      ["a bad key", post(proposal, "{}", { ...json, "idempotency-key": "ü" }), 400, "invalid_input"],
    ];
    for (const [name, sent, status, code] of cases) {
      const answer = await readProblem(await sent);
      expect([name, answer.status, answer.code]).toEqual([name, status, code]);
    }
  });

  it("says which methods an address answers to", async () => {
    const { fetch } = await testInstallation();
    const { headers } = await readProblem(await fetch("/v1/settings/time_zone", { method: "PATCH" }));
    expect(headers.get("allow")).toBe("DELETE, GET, HEAD, OPTIONS, PUT");
    const options = await fetch("/v1/signals/gold", { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "OPTIONS, POST"]);
    expect((await fetch("/v1/agents", { method: "HEAD" })).status).toBe(200);
  });

  it("keeps the caller's name of the request, where it is one", async () => {
    const { fetch } = await testInstallation();
    const named = await fetch("/v1/nothing", { headers: { "x-request-id": "trace-17" } });
    expect((await readProblem(named)).headers.get("x-request-id")).toBe("trace-17");
    const forged = await fetch("/v1/nothing", { headers: { "x-request-id": "a b\u00e9" } });
    expect((await readProblem(forged)).headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

it("takes gzip on every route with a body", async () => {
  const { fetch } = await testInstallation();
  const answer = await fetch("/v1/review/claim", {
    method: "POST",
    headers: { ...json, "content-encoding": "gzip" },
    body: new Uint8Array(gzipSync('{"agent":"inbox_triage"}')),
  });
  expect([answer.status, await answer.json()]).toEqual([200, { items: [] }]);
});

it("holds each caller to a rate, says in every answer what is left, and lets others go on", async () => {
  const installation = await testInstallation();
  const app = createInstallationApp(installation, {
    authenticate: openAuthentication(),
    // A bucket of three, filled by half a token a second.
    rateLimiter: new RateLimiter(30),
    reportFailure: (error) => console.error(error),
  });
  const ask = (person: string) =>
    app.request("http://relearn.localhost/v1/agents", { headers: { "relearn-actor": person } });
  for (let left = 2; left >= 0; left--) {
    const answer = await ask("ana");
    expect([answer.status, answer.headers.get("ratelimit")]).toEqual([
      200,
      expect.stringContaining(`;r=${left};`),
    ]);
    expect(answer.headers.get("ratelimit-policy")).toBe('"principal";q=3;w=6');
  }
  const { status, code, headers } = await readProblem(await ask("ana"));
  expect([status, code]).toEqual([429, "rate_limited"]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(headers.get("ratelimit")).toContain(";r=0;");
  expect((await ask("ben")).status).toBe(200);
});
