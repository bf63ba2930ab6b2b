/** Estimates when a rollout gets its verdicts, from the agent's traffic of the last week. */
import type { RolloutPlan, RolloutPolicy } from "@relearn/contract";
import type { AgentService } from "../agents/agent-service.ts";
import { type Clock, DAY_MS, HOUR_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { countRecentUnits, readActivePast } from "./active-past-store.ts";
import { planRollout } from "./planner.ts";
import { currentRules } from "./rules-registry.ts";

const TRAFFIC_DAYS = 7;

export class PlanService {
  readonly #database: Database;
  readonly #agents: AgentService;
  readonly #clock: Clock;

  constructor(database: Database, agents: AgentService, clock: Clock) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
  }

  /** Plans a rollout. Values that are not known yet (no traffic, no quality) are null, and the warning names them. */
  async plan(agent: string, policy: RolloutPolicy, attempt: number): Promise<RolloutPlan> {
    const { kysely } = this.#database;
    const now = this.#clock.now();
    const from = new Date(now.getTime() - TRAFFIC_DAYS * DAY_MS);
    const { units, since } = await countRecentUnits(kysely, agent, from, now);
    const hours = since === null ? 0 : Math.max(1, (now.getTime() - since.getTime()) / HOUR_MS);
    const labels = policy.quality_source === "label" ? await this.#agents.definition(agent) : null;
    const range = { from, to: now, maturityHours: policy.maturity_hours };
    const past = await readActivePast(kysely, agent, range, labels);
    const mean = currentRules.freezeBaseline(past).quality_mean;
    const variance = mean === null ? undefined : computeVariance(past.quality, mean);
    return planRollout(
      {
        policy,
        attempt,
        units_per_hour: hours === 0 ? 0 : units / hours,
        base_quality: mean,
        ...(variance === undefined ? {} : { variance }),
      },
      now,
    );
  }
}

function computeVariance(values: readonly number[], mean: number): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += (value - mean) ** 2;
    count += 1;
  }
  return sum / Math.max(1, count);
}
