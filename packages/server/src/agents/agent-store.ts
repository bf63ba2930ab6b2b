import type { AgentDefinition, StoredAgent } from "@relearn/contract";
import type { Selectable } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { Tables } from "../db/tables.ts";

export async function listAgents(executor: Executor): Promise<StoredAgent[]> {
  return (
    await executor.selectFrom("agents").selectAll().orderBy("created_at").orderBy("name").execute()
  ).map(toAgent);
}

export async function findAgent(executor: Executor, name: string): Promise<StoredAgent | undefined> {
  const row = await executor.selectFrom("agents").selectAll().where("name", "=", name).executeTakeFirst();
  return row && toAgent(row);
}

/** Writes a new or changed definition. Returns false if the stored one has the same digest. */
export async function upsertAgent(
  executor: Executor,
  agent: { definition: AgentDefinition; digest: string; builtIn: boolean },
  now: Date,
): Promise<boolean> {
  const result = await executor
    .insertInto("agents")
    .values({
      name: agent.definition.name,
      definition: jsonb(agent.definition),
      definition_digest: agent.digest,
      built_in: agent.builtIn,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet({
          definition: jsonb(agent.definition),
          definition_digest: agent.digest,
          built_in: agent.builtIn,
          updated_at: now,
        })
        .where("agents.definition_digest", "<>", agent.digest),
    )
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Adds the agent unless one of that name exists. */
export async function insertAgentIfMissing(
  executor: Executor,
  agent: { definition: AgentDefinition; digest: string; builtIn: boolean },
  now: Date,
): Promise<void> {
  await executor
    .insertInto("agents")
    .values({
      name: agent.definition.name,
      definition: jsonb(agent.definition),
      definition_digest: agent.digest,
      built_in: agent.builtIn,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}

function toAgent(row: Selectable<Tables["agents"]>): StoredAgent {
  return {
    definition: row.definition,
    definition_digest: row.definition_digest,
    built_in: row.built_in,
    updated_at: row.updated_at.toISOString(),
  };
}
