/** What a bundle would have decided differently on the traffic of the last week, for whoever is to approve it. */

import type { DecisionConfig } from "@relearn/client";
import type { ApprovalBacktest } from "@relearn/contract";
import type { AgentService } from "../agents/agent-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { type BacktestItem, backtest } from "./backtest.ts";
import { readLabels, readTaskPayloads } from "./backtest-store.ts";
import { thresholdTraffic } from "./threshold-traffic.ts";

const BACKTEST_DAYS = 7;
/** The newest are decided again where there are more: seconds, and a share to a fifth of a point. */
const MAX_PAYLOADS = 100_000;

/** Makes raw labels into an agent's classes; undefined for one that stands for none. */
export type LabelMapper = (definition: {
  readonly classes?: readonly string[];
  readonly label_map?: Readonly<Record<string, string>>;
}) => (label: string) => string | undefined;

export class BacktestService {
  readonly #database: Database;
  readonly #agents: AgentService;
  readonly #clock: Clock;
  readonly #labelMapper: LabelMapper;

  constructor(parts: {
    database: Database;
    agents: AgentService;
    clock: Clock;
    createLabelMapper: LabelMapper;
  }) {
    this.#database = parts.database;
    this.#agents = parts.agents;
    this.#clock = parts.clock;
    this.#labelMapper = parts.createLabelMapper;
  }

  /** Decides the last seven days' payloads, one for each task, with both configs. */
  async run(agent: string, before: DecisionConfig, after: DecisionConfig): Promise<ApprovalBacktest> {
    const definition = await this.#agents.definition(agent);
    const toClass = this.#labelMapper(definition);
    const to = this.#clock.now();
    const from = new Date(to.getTime() - BACKTEST_DAYS * DAY_MS);
    const { kysely } = this.#database;
    const items: BacktestItem[] = [];
    let isSample = false;
    for await (const page of readTaskPayloads(kysely, agent, { from, to })) {
      const taken = page.slice(0, MAX_PAYLOADS - items.length);
      const labels = await readLabels(
        kysely,
        agent,
        taken.map((one) => one.task_key),
      );
      for (const { task_key, at, payload } of taken) {
        const label = labels.get(task_key);
        items.push({
          task_key,
          at: at.toISOString(),
          payload,
          label: label === undefined ? null : (toClass(label) ?? null),
        });
      }
      isSample = taken.length < page.length;
      if (isSample) break;
    }
    return {
      ...backtest(before, after, items),
      from: from.toISOString(),
      to: to.toISOString(),
      is_sample: isSample,
      thresholds: thresholdTraffic(
        definition.thresholds ?? [],
        before,
        after,
        items.map((item) => item.payload),
      ),
    };
  }
}
