/** Computes the distribution of the features in the payloads of the last week. */
import type { FeatureDistribution } from "@relearn/contract";
import type { AgentService } from "../agents/agent-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { readTaskPayloads } from "./backtest-store.ts";
import { computeFeatureDistribution } from "./feature-distribution.ts";

const DAYS = 7;
/** Enough for quantiles in whole percent; read in tens of milliseconds. */
const MAX_PAYLOADS = 2000;

export class FeatureDistributionService {
  readonly #database: Database;
  readonly #agents: AgentService;
  readonly #clock: Clock;

  constructor(database: Database, agents: AgentService, clock: Clock) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
  }

  async read(agent: string): Promise<FeatureDistribution> {
    const definition = await this.#agents.definition(agent);
    const to = this.#clock.now();
    const from = new Date(to.getTime() - DAYS * DAY_MS);
    const payloads: unknown[] = [];
    for await (const page of readTaskPayloads(this.#database.kysely, agent, { from, to }, MAX_PAYLOADS)) {
      payloads.push(...page.slice(0, MAX_PAYLOADS - payloads.length).map((one) => one.payload));
      if (payloads.length === MAX_PAYLOADS) break;
    }
    return {
      agent,
      from: from.toISOString(),
      to: to.toISOString(),
      payloads: payloads.length,
      features: computeFeatureDistribution(definition.features, payloads),
    };
  }
}
