import { createSwitchboard } from "@relearn/client";
import { describe, expect, it, onTestFinished } from "vitest";
import { MINUTE_MS } from "../../clock.ts";
import { composeInstallation, RELEARN_VERSION } from "../../compose.ts";
import { testInstallation } from "../test-installation.ts";
import { addExamples } from "../traffic.ts";
import {
  type Answer,
  createKeyedService,
  fromTheConsole,
  getCookie,
  keyedInstallation,
  MACHINE_TOKEN,
  TEST_ORIGIN,
} from "./keyed-installation.ts";

const four_eyes = "/v1/settings/four_eyes";

describe("a service without keys", () => {
  it("is open under the name one gives, and says so", async () => {
    const { call } = createKeyedService(await testInstallation());
    const { body } = await call("GET", "/v1/session", { headers: { "relearn-actor": "Zo%C3%AB" } });
    expect(body).toMatchObject({
      open: true,
      via: "open",
      role: null,
      actor: { name: "Zoë", kind: "asserted" },
    });
    expect(body["rights"]).toContain("manage_keys");
    const status = await call("GET", "/v1/status");
    expect(status.body["warnings"]).toContainEqual(expect.stringContaining("There are no API keys"));
  });

  // DNS rebinding: evil.example is made to point at 127.0.0.1, and its page is of the same origin as the service.
  it("answers to names of this machine alone", async () => {
    const { call } = createKeyedService(await testInstallation());
    for (const [origin, status] of [
      ["http://evil.example:4380", 403],
      ["http://127.0.0.1.evil.example:4380", 403],
      ["http://192.168.1.5:4380", 403],
      ["http://0.0.0.0:4380", 403],
      ["http://localhost:4380", 200],
      ["http://127.0.0.1:4380", 200],
      ["http://[::1]:4380", 200],
      ["http://relearn.localhost", 200],
    ] as const) {
      for (const path of ["/v1/agents", "/openapi.json"]) {
        const answer = await call("GET", path, { origin });
        expect([origin, path, answer.status]).toEqual([origin, path, status]);
        if (status === 403) expect(answer.body.code).toBe("host_refused");
      }
    }
  });

  it("refuses what a proxy passes on, since that comes from elsewhere", async () => {
    const { call } = createKeyedService(await testInstallation());
    for (const name of ["x-forwarded-for", "forwarded", "x-real-ip"]) {
      const answer = await call("GET", "/v1/agents", { headers: { [name]: "203.0.113.9" } });
      expect(answer).toMatchObject({ status: 403, body: { code: "host_refused" } });
    }
  });

  it("changes nothing for the page of another site, and what a program asks", async () => {
    const { call, fourEyes } = await withSettings();
    for (const [headers, status] of [
      [{ "sec-fetch-site": "cross-site", origin: "https://evil.example" }, 403],
      [{ origin: "https://evil.example" }, 403],
      [{ origin: "null" }, 403],
      // Another program's page on this machine.
      [{ "sec-fetch-site": "same-site", origin: "http://localhost:3000" }, 403],
      [{ origin: "http://relearn.localhost:3000" }, 403],
      [{ "sec-fetch-site": "same-origin", origin: TEST_ORIGIN }, 200],
      [{}, 200],
    ] as const) {
      const answer = await call("PUT", four_eyes, { body: { value: false }, headers });
      expect([headers, answer.status]).toEqual([headers, status]);
      expect(await fourEyes()).toBe(status !== 200);
      expect((await call("GET", four_eyes, { headers })).status).toBe(status);
      expect((await call("GET", "/docs", { headers })).status).toBe(200);
      if (status === 200) await call("DELETE", four_eyes);
    }
  });

  it("says that a key cannot be checked, rather than dropping it", async () => {
    const { call } = createKeyedService(await testInstallation());
    const answer = await call("GET", "/v1/agents", { key: `rl_aaaaaaaaaa_${"a".repeat(43)}` });
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect((await call("GET", "/v1/agents", { key: MACHINE_TOKEN })).status).toBe(200);
  });

  it("refuses names that are none", async () => {
    const { call } = createKeyedService(await testInstallation());
    for (const name of ["", "%00", "a%07b", "%20", "relearn:guard", "x".repeat(201)]) {
      const answer = await call("GET", "/v1/session", { headers: { "relearn-actor": name } });
      expect([name, answer.status, answer.body.code]).toEqual([name, 400, "invalid_input"]);
    }
  });

  it("closes with the first key that is made", async () => {
    const relearn = await testInstallation();
    const { call } = createKeyedService(relearn);
    const told: string[] = [];
    relearn.access.subscribeClosing(() => told.push("closed"));
    expect((await call("GET", "/v1/agents")).status).toBe(200);
    // As another process on the same database does it.
    const other = await composeInstallation(relearn.database, { clock: relearn.clock });
    const { secret: key } = await other.access.createKey({ person: "ana", role: "admin" }, { actor: "root" });
    const answers = await Promise.all([1, 2, 3].map(() => call("GET", "/v1/agents")));
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401]);
    expect(told).toEqual(["closed"]);
    expect((await call("GET", "/v1/agents", { key })).status).toBe(200);
    expect((await call("GET", "/v1/status", { key })).body["warnings"]).toEqual([]);
    // From now on names of other machines are answered too: there the key counts.
    expect((await call("GET", "/v1/agents", { key, origin: "https://relearn.example" })).status).toBe(200);
  });
});

async function withSettings() {
  const relearn = await testInstallation();
  return { ...createKeyedService(relearn), fourEyes: () => relearn.settings.fourEyes() };
}

describe("a key", () => {
  it("is asked for, in words that say how to send it", async () => {
    const { call } = await keyedInstallation();
    const answer = await call("GET", "/v1/agents");
    expect(answer).toMatchObject({
      status: 401,
      body: { code: "unauthenticated", detail: expect.stringContaining("RELEARN_API_KEY") },
    });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="relearn"');
  });

  it("is no other header", async () => {
    const { call } = await keyedInstallation();
    for (const authorization of [
      "Basic YTpi",
      "Bearer",
      "Bearer a b",
      "bearer x",
      "Token x",
      "Bearer \u00e9",
    ]) {
      const answer = await call("GET", "/v1/agents", { headers: { authorization } });
      expect([authorization, answer.status, answer.body.code]).toEqual([
        authorization,
        401,
        "unauthenticated",
      ]);
    }
  });

  it("acts as its person; another name is refused, the same one is not", async () => {
    const { relearn, call, keys } = await keyedInstallation();
    const key = keys.admin;
    expect((await call("GET", "/v1/session", { key })).body).toMatchObject({
      actor: { name: "admin", kind: "key" },
      open: false,
      via: "key",
      role: "admin",
      key_id: key.slice(0, 13),
    });
    const headers = (name: string) => ({ headers: { "relearn-actor": name } });
    expect(await call("PUT", four_eyes, { key, body: { value: false }, ...headers("ben") })).toMatchObject({
      status: 403,
      body: { code: "forbidden", detail: expect.stringContaining("cannot act as ben") },
    });
    expect((await call("PUT", four_eyes, { key, body: { value: false }, ...headers("admin") })).status).toBe(
      200,
    );
    expect(await relearn.audit.list({ kind: "setting.changed" }, { limit: 10 })).toMatchObject([
      { actor: "admin", actor_kind: "key" },
    ]);
    expect(await call("POST", "/v1/session/acting-as", { key, body: { from: "x" } })).toMatchObject({
      status: 409,
      body: { code: "wrong_state" },
    });
  });

  it("waits, with the seconds in its header, after too many wrong ones", async () => {
    const { call, relearn } = await keyedInstallation();
    for (let count = 0; count < 10; count++) {
      expect((await call("GET", "/v1/agents", { key: `guess-${count}` })).status).toBe(401);
    }
    relearn.clock.advance(MINUTE_MS);
    const answer = await call("GET", "/v1/agents", { key: "guess-10" });
    expect(answer).toMatchObject({ status: 429, body: { code: "too_many_attempts" } });
    expect(answer.headers.get("retry-after")).toBe(String(14 * 60));
    expect(await call("POST", "/v1/session", { body: { key: "guess-11" } })).toMatchObject({ status: 429 });
  });

  it("of one person is one pair of eyes with every other key of theirs", async () => {
    const { relearn, call } = await keyedInstallation();
    const make = async (person: string, role: "operator" | "approver" | "admin") =>
      (await relearn.access.createKey({ person, role }, { actor: "admin" })).secret;
    const anaOperates = await make("ana", "operator");
    const anaApproves = await make("ana", "approver");
    const anaAdmin = await make("ana", "admin");
    const benApproves = await make("ben", "approver");
    await addExamples(relearn, 80);
    const trained = await call("POST", "/v1/agents/inbox_triage/bundles", { key: anaOperates, body: {} });
    const bundleId =
      (trained.body["bundle"] as { bundle_id: string } | undefined)?.bundle_id ?? trained.body["bundle_id"];
    const proposed = await call("POST", `/v1/bundles/${bundleId}/proposal`, { key: anaOperates });
    const approval = `/v1/approvals/${proposed.body["approval_id"]}`;
    const body = { rationale: "Reads well." };
    for (const key of [anaApproves, anaAdmin]) {
      expect(await call("POST", `${approval}/approval`, { key, body })).toMatchObject({
        status: 403,
        body: { code: "self_approval" },
      });
    }
    expect(await call("POST", `${approval}/approval`, { key: MACHINE_TOKEN, body })).toMatchObject({
      status: 403,
      body: { code: "forbidden", detail: expect.stringContaining("RELEARN_API_KEY") },
    });
    expect((await call("POST", `${approval}/approval`, { key: benApproves, body })).status).toBe(200);
    // An operator starts what others approved, but not past the canary.
    expect(
      await call("POST", `${approval}/application`, { key: anaOperates, body: { full: true } }),
    ).toMatchObject({
      status: 403,
      body: { code: "lacks_right" },
    });
    expect((await call("POST", `${approval}/application`, { key: anaOperates, body: {} })).status).toBe(200);
    expect(
      await call("POST", "/v1/agents/inbox_triage/canary/promote", { key: anaOperates, body: {} }),
    ).toMatchObject({
      status: 403,
      body: { code: "lacks_right" },
    });
  });

  it("of an agent is what the client sends; refused, the reports wait", async () => {
    const { relearn, app, keys } = await keyedInstallation();
    const { key, secret } = await relearn.access.createKey(
      { person: "bot", role: "agent" },
      { actor: "admin" },
    );
    expect(keys.agent).not.toBe(secret);
    const switchboard = createSwitchboard({
      agent: "inbox_triage",
      url: TEST_ORIGIN,
      apiKey: secret,
      fetch: async (input, init) => app.fetch(new Request(input, init)),
      now: () => relearn.clock.now().getTime(),
      refreshIntervalMs: 0,
      flushIntervalMs: 0,
    });
    onTestFinished(() => switchboard.close());
    expect(await switchboard.ready()).toBe(true);
    switchboard.recordOutcome("user-1", { quality: 1 });
    expect(await switchboard.flush()).toBe(true);
    expect(switchboard.stats().outcomes).toMatchObject({ sent: 1, rejected: 0 });
    await relearn.access.revokeKey(key.key_id, { actor: "admin" });
    switchboard.recordOutcome("user-2", { quality: 1 });
    expect(await switchboard.flush()).toBe(false);
    expect(switchboard.stats()).toMatchObject({ outcomes: { sent: 1, rejected: 0 } });
    expect(await switchboard.refresh()).toBe("failed");
    expect(switchboard.stats().lastError).toContain("401");
    // It goes on deciding with what it had.
    expect(switchboard.decide("user-3", { risk_score: 90 })).toMatchObject({ reason: "DEFAULT" });
  });
});

describe("the machine's own token", () => {
  it("acts under the name it asserts, with an operator's rights and keys", async () => {
    const { call } = await keyedInstallation();
    const headers = { "relearn-actor": "root" };
    expect((await call("GET", "/v1/session", { key: MACHINE_TOKEN, headers })).body).toMatchObject({
      actor: { name: "root", kind: "asserted" },
      via: "machine",
      open: false,
      rights: ["read", "signal", "label", "propose", "release", "roll_back", "operate", "manage_keys"],
    });
    const made = await call("POST", "/v1/keys", {
      key: MACHINE_TOKEN,
      headers,
      body: { person: "eve", role: "viewer" },
    });
    expect(made.body["key"]).toMatchObject({ created_by: "root" });
    for (const wrong of [MACHINE_TOKEN.slice(1), `${MACHINE_TOKEN}x`, "undefined"]) {
      expect((await call("GET", "/v1/session", { key: wrong })).status).toBe(401);
    }
  });
});

describe("a session", () => {
  async function signedIn(role: "admin" | "viewer" = "admin") {
    const installation = await keyedInstallation();
    const answer = await installation.call("POST", "/v1/session", {
      body: { key: ` ${installation.keys[role]}\n` },
      headers: fromTheConsole,
    });
    return { ...installation, answer, cookie: getCookie(answer) };
  }
  const attributes = (answer: Answer): string[] =>
    (answer.headers.get("set-cookie") ?? "").split("; ").slice(1).sort();

  it("begins with a key, and a cookie that no script and no other site gets hold of", async () => {
    const { answer, cookie, call } = await signedIn();
    expect(answer).toMatchObject({
      status: 200,
      body: { via: "session", role: "admin", actor: { name: "admin", kind: "key" }, open: false },
    });
    expect(cookie).toMatch(/^relearn_session=[A-Za-z0-9]{43}$/);
    expect(JSON.stringify(answer.body)).not.toContain(cookie.split("=")[1]);
    expect(attributes(answer)).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict"]);
    expect((await call("GET", "/v1/session", { headers: { cookie } })).body).toEqual(answer.body);
  });

  it("has a cookie for TLS alone, except on this machine", async () => {
    const { call, keys } = await keyedInstallation();
    for (const [origin, headers] of [
      ["https://relearn.example", {}],
      ["http://relearn.example", {}],
      ["http://127.0.0.1:4380", { "x-forwarded-proto": "https" }],
    ] as const) {
      const own = { "sec-fetch-site": "same-origin", "relearn-console": "1", ...headers };
      const answer = await call("POST", "/v1/session", { origin, body: { key: keys.viewer }, headers: own });
      expect(attributes(answer)).toEqual([
        "HttpOnly",
        "Max-Age=43200",
        "Path=/",
        "SameSite=Strict",
        "Secure",
      ]);
      const cookie = getCookie(answer);
      expect(cookie).toMatch(/^__Host-relearn_session=/);
      const status = async (sent: string) =>
        (await call("GET", "/v1/session", { origin, headers: { cookie: sent, ...headers } })).status;
      expect(await status(cookie)).toBe(200);
      // One planted without the prefix counts for nothing there.
      expect(await status(cookie.replace("__Host-", ""))).toBe(401);
    }
  });

  it("changes things from the console's own pages only", async () => {
    const { call, cookie, relearn } = await signedIn();
    let changes = 0;
    for (const [headers, status] of [
      [fromTheConsole, 200],
      [{ "sec-fetch-site": "same-origin", "relearn-console": "1" }, 200],
      [{ origin: TEST_ORIGIN, "relearn-console": "1" }, 200],
      [{ "sec-fetch-site": "same-origin" }, 403],
      [{ origin: TEST_ORIGIN }, 403],
      [{ "relearn-console": "1" }, 403],
      [{}, 403],
      [{ ...fromTheConsole, "sec-fetch-site": "cross-site" }, 403],
      [{ ...fromTheConsole, "sec-fetch-site": "same-site" }, 403],
      [{ origin: "https://evil.example", "relearn-console": "1" }, 403],
      [{ origin: "null", "relearn-console": "1" }, 403],
    ] as const) {
      for (const [method, path, body] of [
        ["PUT", four_eyes, { value: false }],
        ["DELETE", four_eyes, undefined],
        ["POST", "/v1/judges/update", {}],
      ] as const) {
        const answer = await call(method, path, {
          ...(body === undefined ? {} : { body }),
          headers: { ...headers, cookie },
        });
        expect([headers, method, answer.status]).toEqual([headers, method, status]);
        if (status === 403) expect(answer.body.code).toBe("cross_site");
      }
      changes += status === 200 ? 2 : 0;
    }
    expect(await relearn.audit.list({ object: "four_eyes" }, { limit: 100 })).toHaveLength(changes);
  });

  it("cannot be begun from the page of another site", async () => {
    const { call, keys } = await keyedInstallation();
    const answer = await call("POST", "/v1/session", {
      body: { key: keys.viewer },
      headers: { origin: "https://evil.example" },
    });
    expect(answer).toMatchObject({ status: 403, body: { code: "cross_site" } });
    expect(getCookie(answer)).toBe("");
  });

  it("has its key's rights and its person's name", async () => {
    const { call, cookie } = await signedIn("viewer");
    const headers = { ...fromTheConsole, cookie };
    expect(await call("PUT", four_eyes, { body: { value: false }, headers })).toMatchObject({
      status: 403,
      body: { details: { right: "administer", role: "viewer" } },
    });
    expect(
      (await call("GET", "/v1/session", { headers: { ...headers, "relearn-actor": "ben" } })).status,
    ).toBe(403);
  });

  it("is kept alive by a hand on the console, not by what its pages ask by themselves", async () => {
    const { call, cookie, relearn } = await signedIn();
    const statusAfter = async (minutes: number, headers: Record<string, string>): Promise<number> => {
      relearn.clock.advance(minutes * MINUTE_MS);
      return (await call("GET", "/v1/session", { headers: { ...headers, cookie } })).status;
    };
    expect(await statusAfter(29, {})).toBe(200);
    expect(await statusAfter(20, { "relearn-idle": "1" })).toBe(200);
    expect(await statusAfter(9, { accept: "text/event-stream" })).toBe(200);
    expect(await statusAfter(1, { "relearn-idle": "1" })).toBe(401);
  });

  it("ends by signing out: the cookie goes, and a copy of it is worth nothing", async () => {
    const { call, cookie } = await signedIn();
    const out = await call("DELETE", "/v1/session", { headers: { ...fromTheConsole, cookie } });
    expect(out).toMatchObject({ status: 200, body: { ended: true } });
    expect(attributes(out)).toEqual(["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Strict"]);
    expect(await call("GET", "/v1/session", { headers: { cookie } })).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining("Sign in again") },
    });
  });

  it("is replaced by the next of the same browser, also where somebody planted it", async () => {
    const { call, cookie, keys } = await signedIn();
    const again = await call("POST", "/v1/session", {
      body: { key: keys.viewer },
      headers: { ...fromTheConsole, cookie },
    });
    expect(getCookie(again)).not.toBe(cookie);
    expect((await call("GET", "/v1/session", { headers: { cookie } })).status).toBe(401);
    const { sessions } = (await call("GET", "/v1/sessions", { key: keys.admin })).body as unknown as {
      sessions: unknown[];
    };
    expect(sessions).toMatchObject([{ person: "viewer", role: "viewer" }]);
  });

  it("is seen and ended by its person, or by an admin", async () => {
    const { call, keys, answer } = await signedIn();
    const path = `/v1/sessions/${answer.body["session_id"]}`;
    expect((await call("GET", "/v1/sessions", { key: keys.viewer })).body).toEqual({ sessions: [] });
    expect((await call("DELETE", path, { key: keys.viewer })).status).toBe(404);
    expect((await call("DELETE", path, { key: keys.admin })).status).toBe(200);
    expect((await call("DELETE", path, { key: keys.admin })).status).toBe(404);
  });

  it("stays as it was where a key comes with it: the key decides", async () => {
    const { call, cookie, keys } = await signedIn();
    const answer = await call("GET", "/v1/session", { key: keys.viewer, headers: { cookie } });
    expect(answer.body).toMatchObject({ via: "key", role: "viewer" });
  });

  it("is no other cookie", async () => {
    const { call } = await keyedInstallation();
    for (const cookie of [
      "relearn_session=",
      "relearn_session=x",
      `relearn_session=${"a".repeat(43)}`,
      "relearn_session=%00",
      "a=b",
    ]) {
      expect([cookie, (await call("GET", "/v1/session", { headers: { cookie } })).status]).toEqual([
        cookie,
        401,
      ]);
    }
  });

  it("is not needed, and not to be had, while the service is open", async () => {
    const { call } = createKeyedService(await testInstallation());
    expect(await call("POST", "/v1/session", { body: { key: "x" } })).toMatchObject({
      status: 409,
      body: { code: "wrong_state" },
    });
    expect((await call("DELETE", "/v1/session")).body).toEqual({ ended: false });
  });
});

describe("every answer", () => {
  it("has the headers that keep browsers from making more of it than it is", async () => {
    const { call, keys } = await keyedInstallation();
    for (const [path, key] of [
      ["/v1/agents", keys.viewer],
      ["/v1/agents", undefined],
      ["/v1/nothing", keys.viewer],
      ["/healthz", undefined],
      ["/openapi.json", keys.viewer],
      ["/", undefined],
    ] as const) {
      const { headers, body } = await call("GET", path, key === undefined ? {} : { key });
      expect([path, Object.fromEntries(headers)]).toEqual([
        path,
        expect.objectContaining({
          "x-content-type-options": "nosniff",
          "referrer-policy": "no-referrer",
          "cross-origin-resource-policy": "same-origin",
          "cross-origin-opener-policy": "same-origin",
          "x-frame-options": "DENY",
          "cache-control": "no-store",
          "content-security-policy": expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
        }),
      ]);
      expect(headers.get("content-security-policy")).not.toMatch(/unsafe|\*/);
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("strict-transport-security")).toBeNull();
      expect(headers.get("server") ?? headers.get("x-powered-by")).toBeNull();
      if (key === undefined) expect(JSON.stringify([body, ...headers])).not.toContain(RELEARN_VERSION);
    }
  });

  it("keeps a browser to TLS where it came over TLS, but not on this machine's own names", async () => {
    const { call } = await keyedInstallation();
    const hsts = async (origin: string, headers = {}) =>
      (await call("GET", "/healthz", { origin, headers })).headers.get("strict-transport-security");
    expect(await hsts("https://relearn.example")).toBe("max-age=31536000");
    expect(await hsts("http://relearn.example", { "x-forwarded-proto": "https" })).toBe("max-age=31536000");
    expect(await hsts("http://relearn.example")).toBeNull();
    expect(await hsts("https://localhost")).toBeNull();
  });

  it("lets no other site's page ask first", async () => {
    const { call } = await keyedInstallation();
    const answer = await call("OPTIONS", "/v1/agents", {
      headers: { origin: "https://evil.example", "access-control-request-method": "PUT" },
    });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(answer.headers.get("access-control-allow-methods")).toBeNull();
  });
});
