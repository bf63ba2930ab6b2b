import { sql } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { openAuthentication } from "../../api/authenticate.ts";
import { composeInstallation, createInstallationApp } from "../../compose.ts";
import { openServerDatabase } from "../../db/server-database.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { addExamples } from "../traffic.ts";

/** A second process on the database, as far as it matters here: services and a pool of its own. */
async function secondProcess(first: TestInstallation) {
  const database = await openServerDatabase({ url: first.databaseUrl ?? "" });
  const installation = await composeInstallation(database, { clock: first.clock });
  onTestFinished(() => installation.close());
  const app = createInstallationApp(installation, {
    authenticate: openAuthentication(),
    reportFailure: (error) => console.error(error),
  });
  return async (path: string, init: RequestInit) =>
    app.fetch(new Request(new URL(path, "http://relearn.localhost"), init));
}

const request = (key: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", "relearn-actor": "ana", "idempotency-key": key },
  body: "{}",
});

it("is carried out once by two processes at once: the other is told to come again, then gets the answer", async () => {
  const relearn = await testInstallation();
  const other = await secondProcess(relearn);
  await addExamples(relearn, 80);
  const { bundle_id } = await relearn.bundles.create("inbox_triage", { actor: "ana" });
  const path = `/v1/bundles/${bundle_id}/proposal`;
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      (index % 2 === 0 ? relearn.fetch : other)(path, request("once")),
    ),
  );
  const bodies = await Promise.all(
    answers.map(async (answer) => [answer.status, await answer.text()] as const),
  );
  const done = bodies.filter(([status]) => status === 200);
  expect(done.length).toBeGreaterThan(0);
  expect(new Set(done.map(([, body]) => body)).size).toBe(1);
  for (const [status, body] of bodies.filter(([one]) => one !== 200)) {
    expect([status, JSON.parse(body)]).toMatchObject([409, { code: "request_in_flight" }]);
  }
  expect(
    answers.filter((answer) => answer.ok && answer.headers.get("idempotent-replayed") === null),
  ).toHaveLength(1);
  expect(await relearn.approvals.list({}, 10)).toHaveLength(1);
  const again = await other(path, request("once"));
  expect([again.status, await again.text()]).toEqual(done[0]);
});

it("is carried out by another process when the one that held it is gone, and not before", async () => {
  const relearn = await testInstallation();
  const other = await secondProcess(relearn);
  await addExamples(relearn, 80);
  const { bundle_id } = await relearn.bundles.create("inbox_triage", { actor: "ana" });
  const path = `/v1/bundles/${bundle_id}/proposal`;
  // What a process leaves behind that is killed before its transaction commits: the key, held, and no change.
  const { kysely } = relearn.database;
  await sql`
    insert into idempotency_keys (key, principal, digest, holder, held_until, created_at)
    values ('lost', 'open ana', null, 'gone 0', clock_timestamp() + interval '1 hour', ${relearn.clock.now()})`.execute(
    kysely,
  );
  const early = await other(path, request("lost"));
  expect([early.status, early.headers.get("retry-after")]).toEqual([409, "1"]);
  await sql`update idempotency_keys set held_until = clock_timestamp() - interval '1 second'`.execute(kysely);
  const taken = await other(path, request("lost"));
  expect(taken.status).toBe(200);
  const replayed = await relearn.fetch(path, request("lost"));
  expect([replayed.headers.get("idempotent-replayed"), await replayed.text()]).toEqual([
    "true",
    await taken.text(),
  ]);
  expect(await relearn.approvals.list({}, 10)).toHaveLength(1);
});
