/** How the features lie in the payloads of the last week, for whoever reads one of them. */
import type { AgentService } from "../agents/agent-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { payloadSources, readPastPayloads } from "./backtest-store.ts";
import { type FeatureSpread, featureValues } from "./feature-spread.ts";

const DAYS = 7;
/** Enough for whole percents; read in some tens of milliseconds. */
const MOST_PAYLOADS = 2000;

export class FeatureSpreadService {
  readonly #database: Database;
  readonly #agents: AgentService;
  readonly #clock: Clock;

  constructor(database: Database, agents: AgentService, clock: Clock) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
  }

  async read(agent: string): Promise<FeatureSpread> {
    const definition = await this.#agents.definition(agent);
    const to = this.#clock.now();
    const from = new Date(to.getTime() - DAYS * DAY_MS);
    const payloads = new Map<string, unknown>();
    for (const source of payloadSources) {
      const room = MOST_PAYLOADS - payloads.size;
      if (room <= 0) break;
      const rows = await readPastPayloads(
        this.#database.kysely,
        source,
        agent,
        { from, to },
        undefined,
        room,
      );
      for (const { task_key, payload } of rows) if (!payloads.has(task_key)) payloads.set(task_key, payload);
    }
    return {
      agent,
      from: from.toISOString(),
      to: to.toISOString(),
      payloads: payloads.size,
      features: featureValues(definition.features, [...payloads.values()]),
    };
  }
}
