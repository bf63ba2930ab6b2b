import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../clock.ts";
import { keyedInstallation } from "../access/keyed-installation.ts";
import { testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle } from "../traffic.ts";

interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A receiver on this machine that answers as told. */
async function receiver() {
  const received: Received[] = [];
  const answers = { status: 200, headers: {} as Record<string, string> };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answers.status, answers.headers).end("x".repeat(100));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received, answers };
}

const listTypes = (received: readonly Received[]): string[] =>
  received.map(({ body }) => JSON.parse(body).type);

it("tells each state change once, signed, with its reason and where to act on it", async () => {
  const relearn = await testInstallation();
  const { url, received } = await receiver();
  const { secret } = await relearn.notifications.add("pager", { url, actor: "ana" });
  await relearn.settings.set("public_url", "https://relearn.example.org/", { actor: "ana" });
  await activeBundle(relearn, 1);
  const { approvalId, rolloutId } = await approvedBundle(relearn, 2);
  await relearn.approvals.apply(approvalId, { actor: "ben" });
  await relearn.guard.pauseCanary("inbox_triage", { reason: "Lunch.", actor: "ana" });
  await relearn.guard.rollbackCanary("inbox_triage", { reason: "Complaints.", actor: "ana" });
  expect(await relearn.notifications.deliverDue()).toEqual({ delivered: 8, failed: 0, dead: 0 });
  expect(listTypes(received).sort()).toEqual([
    "rollout.approved",
    "rollout.approved",
    "rollout.deployed_in_full",
    "rollout.paused",
    "rollout.proposed",
    "rollout.proposed",
    "rollout.rolled_back",
    "rollout.started",
  ]);
  const last = received.find(({ body }) => JSON.parse(body).type === "rollout.rolled_back")!;
  expect(JSON.parse(last.body)).toMatchObject({
    data: {
      agent: "inbox_triage",
      rollout_id: rolloutId,
      approval_id: approvalId,
      from: "hold",
      state: "rolled_back",
      percent: 0,
      reason: "Complaints.",
      by: "ana",
      page: false,
      links: {
        rollout: `https://relearn.example.org/rollouts/${rolloutId}`,
        promote: "https://relearn.example.org/v1/agents/inbox_triage/canary/promote",
        roll_back: "https://relearn.example.org/v1/agents/inbox_triage/canary/rollback",
      },
    },
  });
  for (const { headers, body } of received) {
    // By the words of the Standard Webhooks specification, not by our own function.
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const key = Buffer.from(secret!.replace("whsec_", ""), "base64");
    expect(headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
    );
    expect(Number(headers["webhook-timestamp"])).toBe(Math.floor(relearn.clock.now().getTime() / 1000));
  }
  expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(8);
  expect(await relearn.notifications.deliverDue()).toEqual({ delivered: 0, failed: 0, dead: 0 });
});

it("tries again with back-off and the same id, over a restart; gives up after ten attempts, in the audit", async () => {
  const relearn = await testInstallation();
  const { url, received, answers } = await receiver();
  await relearn.notifications.add("pager", { url, secret: "sixteen characters", actor: "ana" });
  answers.status = 500;
  await approvedBundle(relearn, 1);
  expect(await relearn.notifications.deliverDue()).toEqual({ delivered: 0, failed: 2, dead: 0 });
  relearn.clock.advance(29_000);
  expect((await relearn.notifications.deliverDue()).failed).toBe(0);
  relearn.clock.advance(1000);
  expect((await relearn.notifications.deliverDue()).failed).toBe(2);
  expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
  // A process that took messages out and died: another one sends them two minutes later.
  await relearn.database.kysely
    .updateTable("notifications")
    .set({ next_attempt_at: new Date(relearn.clock.now().getTime() + 2 * MINUTE_MS) })
    .execute();
  relearn.clock.advance(2 * MINUTE_MS);
  answers.status = 204;
  expect((await relearn.notifications.deliverDue(1)).delivered).toBe(2);

  answers.status = 302;
  answers.headers = { location: "http://169.254.169.254/" };
  await approvedBundle(relearn, 2);
  let attempts = 0;
  for (let hour = 0; hour < 48; hour++) {
    const { failed, dead } = await relearn.notifications.deliverDue();
    attempts += failed + dead;
    relearn.clock.advance(HOUR_MS);
  }
  expect(attempts).toBe(20);
  expect(await relearn.notifications.endpoints()).toMatchObject([
    {
      name: "pager",
      delivered: 2,
      waiting: 0,
      dead: 2,
      last_error: "The receiver responded with 302; redirects are not followed.",
    },
  ]);
  const dead = await relearn.audit.list({ kind: "notification.dead" }, { limit: 10 });
  expect(dead).toHaveLength(2);
  expect(dead[0]).toMatchObject({ object: "pager", detail: { attempts: 10 } });
  relearn.clock.advance(31 * DAY_MS);
  expect(await relearn.notifications.prune()).toBe(4);
});

it("shows the path of an address, which may be a secret, to who administers alone", async () => {
  const { relearn, call, keys } = await keyedInstallation();
  await relearn.notifications.add("chat", { url: "https://chat.example/hooks/T0/secret", actor: "root" });
  for (const [key, url] of [
    [keys.admin, "https://chat.example/hooks/T0/secret"],
    [keys.viewer, "https://chat.example/…"],
  ] as const) {
    const { body } = await call("GET", "/v1/notifications/endpoints", { key });
    expect(body).toMatchObject({ endpoints: [{ name: "chat", url }] });
  }
  const { body } = await call("GET", "/v1/audit", { key: keys.viewer });
  expect(JSON.stringify(body)).toContain("chat");
  expect(JSON.stringify(body)).not.toContain("T0/secret");
});

it("shows a secret once, where Relearn made it up, and never again", async () => {
  const relearn = await testInstallation();
  const { url, received } = await receiver();
  const api = relearn.as("ana");
  const added = await api.put<{ secret: string }>("/v1/notifications/endpoints/pager", { url });
  expect(added.secret).toMatch(/^whsec_/);
  expect(
    await api.put("/v1/notifications/endpoints/other", { url, secret: "sixteen characters" }),
  ).toMatchObject({
    secret: null,
  });
  const everything = JSON.stringify([
    await api.get("/v1/notifications/endpoints"),
    await api.get("/v1/audit"),
    await api.post("/v1/notifications/endpoints/pager/test"),
    await api.get("/v1/notifications"),
  ]);
  expect(everything).not.toContain(added.secret.slice(6));
  expect(everything).not.toContain("sixteen characters");
  expect(listTypes(received)).toEqual(["test"]);
  await expect(api.put("/v1/notifications/endpoints/pager", { url })).rejects.toMatchObject({
    code: "already_so",
  });
  await api.delete("/v1/notifications/endpoints/pager");
  await expect(api.delete("/v1/notifications/endpoints/pager")).rejects.toMatchObject({ code: "not_found" });
  await expect(api.put("/v1/notifications/endpoints/x", { url: "ftp://x" })).rejects.toMatchObject({
    code: "invalid_input",
  });
});

it("a change that is given up tells nobody; what cannot be reached is said in words", async () => {
  const relearn = await testInstallation();
  await relearn.notifications.add("gone", { url: "http://127.0.0.1:9/", actor: "ana" });
  await expect(relearn.guard.rollbackCanary("inbox_triage", { actor: "ana" })).rejects.toMatchObject({
    code: "no_canary",
  });
  expect(await relearn.notifications.list({}, 10)).toEqual([]);
  expect(await relearn.notifications.test("gone", { actor: "ana" })).toMatchObject({
    state: "dead",
    attempts: 1,
    last_error: expect.stringContaining("ECONNREFUSED"),
  });
  // By name: what the name stands for is checked when it is looked up.
  await relearn.notifications.add("name", { url: "http://localhost:9/", actor: "ana" });
  expect(await relearn.notifications.test("name", { actor: "ana" })).toMatchObject({ state: "dead" });
});
