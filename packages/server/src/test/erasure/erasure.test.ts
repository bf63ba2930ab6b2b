import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { jsonb } from "../../db/jsonb.ts";
import { erasedTables } from "../../erasure/erasure-store.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

const ana = { actor: "ana" };
const EVE = "eve@example.com";
const SECRET = "what Eve wrote";

/** Every table that can hold something of Eve, filled with it. */
async function fill(installation: TestInstallation): Promise<void> {
  const { signals, examples, database } = installation;
  const agent = "inbox_triage";
  const payload = { subject: SECRET };
  const notes = SECRET;
  const at = "2026-03-01T10:00:00Z";
  await signals.ingest(
    "approvals",
    [{ agent, task_key: EVE, action: "quarantine", status: "approved", payload, notes }],
    ana,
  );
  await signals.ingest(
    "feedback",
    [
      { agent, event_id: "1", task_key: EVE, thumb: "up", occurred_at: at, payload, notes, person: EVE },
      {
        agent,
        event_id: "2",
        task_key: "other",
        thumb: "up",
        occurred_at: at,
        person: EVE,
        payload: { a: 1 },
      },
    ],
    ana,
  );
  await signals.ingest("gold", [{ agent, task_key: EVE, label: "Safe", payload, notes }], ana);
  await signals.ingest(
    "evaluations",
    [
      {
        agent,
        task_key: EVE,
        payload,
        judge_scores: { "gpt-4": { verdict: "safe", confidence: 70, rationale: SECRET } },
      },
    ],
    ana,
  );
  await signals.ingest("outcomes", [{ agent, unit_id: EVE, task_key: "task-of-eve", quality: 1, at }], ana);
  await examples.add([{ agent, key: EVE, label: "Safe", payload, notes }], ana);
  await examples.add([{ agent, key: EVE, label: "Offer", payload, notes }], ana);
  await examples.add([{ agent, key: "other", label: "Offer", payload: { a: 1 }, notes: "kept" }], ana);
  const now = installation.clock.now();
  await database.kysely
    .insertInto("review_items")
    .values({
      task_key: EVE,
      agent,
      result_id: "r",
      state: "labeled",
      payload: jsonb(payload),
      judge_scores: jsonb({ "gpt-4": { verdict: "safe", confidence: 70, rationale: SECRET } }),
      uncertainty: 0.5,
      method: "disagreement",
      priority: 1,
      batch_id: "b",
      result_created_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await database.kysely
    .insertInto("review_answers")
    .values({
      task_key: EVE,
      agent,
      reviewer: "bo",
      kind: "label",
      label: "Safe",
      notes,
      blind: true,
      lease_token: "t",
      created_at: now,
    })
    .execute();
}

describe("Erasing a person: payloads and notes of a key leave every table", () => {
  it("leaves nothing of them behind, and everything else as it was", async () => {
    const installation = await testInstallation();
    await fill(installation);
    const report = await installation.erasure.erase(EVE, ana);
    expect(report).toMatchObject({
      key_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      erased: {
        action_approvals: 1,
        feedback_events: 2,
        golden_tasks: 1,
        evaluation_results: 1,
        labeled_examples: 1,
        label_conflicts: 1,
        review_items: 1,
        review_answers: 1,
        outcomes: 1,
      },
      total: 10,
    });
    expect(await everything(installation)).not.toContain(SECRET);
    // Labels, verdicts, other people's records and the counts stay.
    expect(await installation.examples.stats()).toMatchObject({ total: 2 });
    expect(await installation.examples.list({ key: "other" }, { limit: 1 })).toMatchObject([
      { payload: { a: 1 }, notes: "kept" },
    ]);
    const { judge_scores } = await installation.database.kysely
      .selectFrom("evaluation_results")
      .select("judge_scores")
      .executeTakeFirstOrThrow();
    expect(judge_scores).toEqual({ "gpt-4": { verdict: "safe", confidence: 70 } });
    const other = await installation.database.kysely
      .selectFrom("feedback_events")
      .select(["payload", "person"])
      .where("task_key", "=", "other")
      .execute();
    expect(other).toEqual([{ payload: { a: 1 }, person: null }]);
  });

  it("writes down the digest alone, keeps the chain whole, and erases once", async () => {
    const installation = await testInstallation();
    await fill(installation);
    await installation.erasure.erase(EVE, ana);
    const [event] = await installation.audit.list({ kind: "key.erased" }, { limit: 1 });
    expect(JSON.stringify(event)).not.toContain(EVE);
    expect(event).toMatchObject({ actor: "ana", detail: { total: 10 } });
    expect(await installation.audit.verify()).toMatchObject({ intact: true });
    expect(await installation.erasure.erase(EVE, ana)).toMatchObject({ total: 0 });
    expect(await installation.erasure.erase("nobody", ana)).toMatchObject({ total: 0 });
    expect(await installation.audit.verify()).toMatchObject({ intact: true });
  });

  it("works over HTTP with the key in the body, so that no access log holds it", async () => {
    const installation = await testInstallation();
    await fill(installation);
    expect(await installation.as("ana").post("/v1/erasures", { key: EVE })).toMatchObject({ total: 10 });
  });

  it("knows every table that has payloads, notes or persons", async () => {
    const { database } = await testInstallation();
    const { rows } = await sql<{ table_name: string }>`
      select distinct c.table_name from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
       where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
         and c.column_name in ('payload', 'notes', 'note', 'judge_scores', 'offered', 'person', 'rationale', 'comment')
       order by c.table_name`.execute(database.kysely);
    // What people wrote about their own keys and acts of release; no task and no unit is in it.
    const ofOperators = ["api_keys", "rollout_overrides"];
    for (const { table_name } of rows) expect([...erasedTables, ...ofOperators]).toContain(table_name);
  });
});

/** All rows of all tables as one text. */
async function everything(installation: TestInstallation): Promise<string> {
  const { rows: tables } = await sql<{ table_name: string }>`
    select table_name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(installation.database.kysely);
  const texts: string[] = [];
  for (const { table_name } of tables) {
    const { rows } = await sql`select * from ${sql.table(table_name)}`.execute(installation.database.kysely);
    texts.push(JSON.stringify(rows));
  }
  return texts.join("\n");
}
