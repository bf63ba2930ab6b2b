import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../clock.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { addExamples } from "../traffic.ts";

const KEY = "6b1f7c1e-0d1c-4f4e-9b5e-0c9d2f8f3a11";

async function post(
  { fetch }: TestInstallation,
  path: string,
  body: unknown,
  options: { key?: string; person?: string; type?: string } = {},
) {
  const answer = await fetch(path, {
    method: "POST",
    headers: {
      "content-type": options.type ?? "application/json",
      "relearn-actor": options.person ?? "ana",
      "idempotency-key": options.key ?? KEY,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: answer.status,
    replayed: answer.headers.get("idempotent-replayed"),
    body: (await answer.json()) as Record<string, unknown>,
  };
}

async function pendingBundle(relearn: TestInstallation, seed = 1): Promise<string> {
  await addExamples(relearn, 80, seed);
  return (await relearn.bundles.create("inbox_triage", { actor: "ana" })).bundle_id;
}

const listEvents = async (relearn: TestInstallation, kind: string) =>
  (await relearn.audit.list({ kind }, { limit: 100 })).length;

describe("a request with an idempotency key", () => {
  it("that comes again gets the answer it got, and nothing is done twice", async () => {
    const relearn = await testInstallation();
    const path = `/v1/bundles/${await pendingBundle(relearn)}/proposal`;
    const first = await post(relearn, path, {});
    expect(first).toMatchObject({ status: 200, replayed: null, body: { approval_id: expect.any(String) } });
    const again = await post(relearn, path, {});
    expect(again).toEqual({ ...first, replayed: "true" });
    expect(await relearn.approvals.list({}, 10)).toHaveLength(1);
    // Without the key it would have been refused.
    expect(await post(relearn, path, {}, { key: "another" })).toMatchObject({
      status: 409,
      body: { code: "already_proposed" },
    });
  });

  it("is refused where the key came with another body, or for another address", async () => {
    const relearn = await testInstallation();
    const settle = (reason: string) => post(relearn, "/v1/jobs/guard/pause", { reason });
    expect((await settle("Quiet night.")).status).toBe(200);
    expect(await settle("Loud night.")).toMatchObject({
      status: 422,
      body: { code: "idempotency_key_reused" },
    });
    expect(await post(relearn, "/v1/jobs/check_canaries/pause", { reason: "Quiet night." })).toMatchObject({
      status: 422,
    });
    expect(await settle("Quiet night.")).toMatchObject({ status: 200, replayed: "true" });
  });

  it("belongs to its caller", async () => {
    const relearn = await testInstallation();
    const body = { reason: "Quiet." };
    expect((await post(relearn, "/v1/jobs/guard/pause", body)).status).toBe(200);
    expect(await post(relearn, "/v1/jobs/guard/pause", body, { person: "ben" })).toMatchObject({
      status: 409,
      replayed: null,
      body: { code: "already_so" },
    });
  });

  it("that was refused may come again with the key", async () => {
    const relearn = await testInstallation();
    const train = () => post(relearn, "/v1/agents/inbox_triage/bundles", {});
    expect(await train()).toMatchObject({ status: 409, body: { code: "insufficient_data" } });
    await addExamples(relearn, 80);
    const trained = await train();
    expect(trained).toMatchObject({ status: 200, replayed: null, body: { created: true } });
    expect(await train()).toEqual({ ...trained, replayed: "true" });
  });

  it("leaves nothing of a change whose answer could not be kept", async () => {
    const relearn = await testInstallation();
    const path = `/v1/bundles/${await pendingBundle(relearn)}/proposal`;
    // The table refuses the answer, as a crash between the change and the answer would lose it.
    const { kysely } = relearn.database;
    await sql`alter table idempotency_keys add constraint lost check (answer is null) not valid`.execute(
      kysely,
    );
    const silenced = console.error;
    console.error = () => {};
    const failed = await post(relearn, path, {});
    console.error = silenced;
    expect(failed).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(await relearn.approvals.list({}, 10)).toEqual([]);
    expect(await listEvents(relearn, "rollout.proposed")).toBe(0);
    await sql`alter table idempotency_keys drop constraint lost`.execute(kysely);
    expect(await post(relearn, path, {})).toMatchObject({ status: 200, replayed: null });
    expect(await relearn.approvals.list({}, 10)).toHaveLength(1);
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
  });

  it("may be a batch: the first report is given again, though the records are there by then", async () => {
    const relearn = await testInstallation();
    const line = (task: string) =>
      JSON.stringify({ agent: "inbox_triage", task_key: task, payload: { risk_score: 1 }, label: "Safe" });
    const send = (text: string) => post(relearn, "/v1/signals/gold", text, { type: "application/x-ndjson" });
    const batch = `${line("a")}\n${line("b")}\nno json\n`;
    const first = await send(batch);
    expect(first).toMatchObject({ status: 200, body: { stored: 2, rejected: [{ index: 2 }] } });
    expect(await send(batch)).toEqual({ ...first, replayed: "true" });
    expect(await send(line("c"))).toMatchObject({ status: 422 });
  });

  it("is forgotten after a day, and its row goes", async () => {
    const relearn = await testInstallation();
    const body = { reason: "Quiet." };
    const pause = (options?: { key: string }) => post(relearn, "/v1/jobs/guard/pause", body, options);
    expect((await pause()).status).toBe(200);
    await relearn.jobs.resume("guard", { actor: "ana", reason: "Over." });
    relearn.clock.advance(DAY_MS - 1000);
    expect(await pause()).toMatchObject({ status: 200, replayed: "true" });
    relearn.clock.advance(2000);
    expect(await pause()).toMatchObject({ status: 200, replayed: null });
    relearn.clock.advance(DAY_MS + 2000);
    expect((await pause({ key: "other" })).status).toBe(409);
    const { rows } = await sql`select key from idempotency_keys`.execute(relearn.database.kysely);
    expect(rows).toEqual([]);
  });

  it("is refused where the answer holds a secret", async () => {
    const relearn = await testInstallation();
    expect(await post(relearn, "/v1/keys", { person: "ana", role: "admin" })).toMatchObject({
      status: 400,
      body: { code: "invalid_input" },
    });
    expect(await relearn.access.keys()).toEqual([]);
  });
});
