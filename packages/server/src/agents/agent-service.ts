import type { AgentDefinition, AppliedAgent, StoredAgent } from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Clock } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { documentDigest } from "../digest.ts";
import { RelearnError } from "../errors.ts";
import { findAgent, insertAgentIfMissing, listAgents, upsertAgent } from "./agent-store.ts";
import { builtInAgents } from "./built-in-agents.ts";
import { parseAgentDefinition } from "./parse-agent-definition.ts";

/** Stores and finds agents. The caller must check the right to define agents. */
export class AgentService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;

  constructor(database: Database, audit: AuditService, clock: Clock) {
    this.#database = database;
    this.#audit = audit;
    this.#clock = clock;
  }

  /** Adds the built-in agents; one that users have changed is kept as it is. */
  async addBuiltIns(): Promise<void> {
    for (const definition of builtInAgents) {
      await insertAgentIfMissing(
        this.#database.kysely,
        { definition, digest: documentDigest(definition), builtIn: true },
        this.#clock.now(),
      );
    }
  }

  /** Creates or changes an agent. Throws `invalid_definition` with the path of each fault. */
  async apply(input: unknown, options: { actor: ActorReference }): Promise<AppliedAgent> {
    const definition = parseAgentDefinition(input);
    const digest = documentDigest(definition);
    return this.#audit.change(toActor(options.actor), async (trx) => {
      const changed = await upsertAgent(trx, { definition, digest, builtIn: false }, this.#clock.now());
      return {
        result: { name: definition.name, definition_digest: digest, changed },
        record: changed
          ? {
              kind: "agent.applied",
              agent: definition.name,
              object: definition.name,
              detail: { definition_digest: digest },
            }
          : undefined,
      };
    });
  }

  list(): Promise<StoredAgent[]> {
    return listAgents(this.#database.kysely);
  }

  /** Returns the agent of that name. Throws `unknown_agent` with the existing names. */
  async get(name: string, executor: Executor = this.#database.kysely): Promise<StoredAgent> {
    const agent = await findAgent(executor, name);
    if (agent !== undefined) return agent;
    const known = (await listAgents(executor)).map((one) => one.definition.name);
    throw new RelearnError(
      "unknown_agent",
      `There is no agent "${name}". The agents are ${known.join(", ")}; define another with \`relearn agents apply FILE.json\`.`,
      { details: { agent: name, known } },
    );
  }

  async definition(name: string, executor?: Executor): Promise<AgentDefinition> {
    return (await this.get(name, executor)).definition;
  }
}
