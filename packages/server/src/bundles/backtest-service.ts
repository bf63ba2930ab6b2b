/** Backtests a bundle on the traffic of the last week, for the approver. */

import type { DecisionConfig } from "@relearn/client";
import type { ApprovalBacktest } from "@relearn/contract";
import type { AgentService } from "../agents/agent-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { type BacktestItem, compareDecisions } from "./backtest.ts";
import { readLabels, readTaskPayloads } from "./backtest-store.ts";
import { computeThresholdTraffic } from "./threshold-traffic.ts";

const BACKTEST_DAYS = 7;
/** Maximum number of payloads, the newest first: takes seconds and gives the share to 0.2 percentage points. */
const MAX_PAYLOADS = 100_000;

/** Creates the function that maps a raw label to a class of the agent, or to undefined. */
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

  /** Compares the decisions of both configs on the payloads of the last seven days, one for each task. */
  async run(agent: string, before: DecisionConfig, after: DecisionConfig): Promise<ApprovalBacktest> {
    const definition = await this.#agents.definition(agent);
    const toClass = this.#labelMapper(definition);
    const to = this.#clock.now();
    const from = new Date(to.getTime() - BACKTEST_DAYS * DAY_MS);
    const { kysely } = this.#database;
    const items: BacktestItem[] = [];
    let isSample = false;
    for await (const page of readTaskPayloads(kysely, agent, { from, to })) {
      const selected = page.slice(0, MAX_PAYLOADS - items.length);
      const labels = await readLabels(
        kysely,
        agent,
        selected.map((one) => one.task_key),
      );
      for (const { task_key, at, payload } of selected) {
        const label = labels.get(task_key);
        items.push({
          task_key,
          at: at.toISOString(),
          payload,
          label: label === undefined ? null : (toClass(label) ?? null),
        });
      }
      isSample = selected.length < page.length;
      if (isSample) break;
    }
    return {
      ...compareDecisions(before, after, items),
      from: from.toISOString(),
      to: to.toISOString(),
      is_sample: isSample,
      thresholds: computeThresholdTraffic(
        definition.thresholds ?? [],
        before,
        after,
        items.map((item) => item.payload),
      ),
    };
  }
}
