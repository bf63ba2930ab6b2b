import { setImmediate as nextTurn } from "node:timers/promises";
import type { AgentDefinition, JudgedResult, MethodComparison, MethodScore } from "@relearn/contract";
import { panelMethods } from "@relearn/contract/values";
import type { AgentService } from "../agents/agent-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import { createClassScoreMapper } from "./class-scores.ts";
import { parseUtcDay, toUtcDay } from "./day-evidence.ts";
import { evaluatePanelBySplits } from "./evaluate-panel.ts";
import { byIdentity } from "./judge-identity.ts";
import { getConfidenceShare, getVerdict, type JudgeScores } from "./judge-scores.ts";
import type { JudgeWeightService } from "./judge-weight-service.ts";
import { findEvidenceMarks, listDayEvidence, readLabeledResults } from "./judge-weight-store.ts";
import { panelTable } from "./panel-table.ts";

/** The window of the cards. */
const EVIDENCE_DAYS = 180;
const PAGE_SIZE = 2000;
/** Labeled tasks that one request reads at most. */
const MAX_RESULTS_READ = 20_000;
/** Enough to distinguish two methods whose log-loss differs by 0.01. */
const MAX_RESULTS_COMPARED = 2000;
const MIN_RESULTS_COMPARED = 20;
const SPLITS = 10;

/** The labeled tasks behind the judges' cards. Read-only. */
export class JudgedResultService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #judges: JudgeWeightService;

  constructor(database: Database, clock: Clock, agents: AgentService, judges: JudgeWeightService) {
    this.#database = database;
    this.#clock = clock;
    this.#agents = agents;
    this.#judges = judges;
  }

  /** Lists the tasks of a cell of a judge's confusion table, newest first. */
  async list(
    agent: string,
    cell: {
      readonly judge: string;
      readonly label?: string | undefined;
      readonly verdict?: string | undefined;
    },
    limit: number,
  ): Promise<JudgedResult[]> {
    const found: JudgedResult[] = [];
    for await (const day of this.#days(await this.#agents.definition(agent))) {
      for (const { label, scores, ...task } of day) {
        const score = Object.hasOwn(scores, cell.judge) ? scores[cell.judge] : undefined;
        const verdict = score === undefined ? null : getVerdict(score);
        if (score === undefined || verdict === null) continue;
        if ((cell.label ?? label) !== label || (cell.verdict ?? verdict) !== verdict) continue;
        found.push({ ...task, label, verdict, confidence: Math.round(100 * getConfidenceShare(score)) });
        if (found.length === limit) return found;
      }
    }
    return found;
  }

  /** Scores every panel method on labels that it was not fitted on. */
  async compareMethods(agent: string): Promise<MethodComparison> {
    const definition = await this.#agents.definition(agent);
    const tasks: { readonly label: string; readonly judge_scores: JudgeScores; readonly group: string }[] =
      [];
    for await (const day of this.#days(definition)) {
      for (const { task_key, label, scores } of day) {
        tasks.push({ label, judge_scores: scores, group: task_key });
      }
      if (tasks.length >= MAX_RESULTS_COMPARED) break;
    }
    const rows = Math.min(tasks.length, MAX_RESULTS_COMPARED);
    const classes = definition.classes ?? [...new Set(tasks.map((task) => task.label))].sort();
    const none = { agent, rows, labels: 0, splits: SPLITS, methods: [] };
    if (rows < MIN_RESULTS_COMPARED || classes.length < 2) return none;
    const table = panelTable(tasks.slice(0, rows), { classes });
    if (table.judges.length === 0) return none;
    // A task with several results has several rows, so half of the groups may have slightly fewer than half of the rows.
    const labels = Math.floor(rows * 0.45);
    const { methods } = await runInTurns(evaluatePanelBySplits(table, { labels: [labels], splits: SPLITS }));
    const inUse = (await this.#judges.storedPanel(agent))?.method;
    const scored = panelMethods.flatMap((method): MethodScore[] => {
      const result = methods[method]?.[String(labels)];
      if (result === undefined) return [];
      return [
        {
          method,
          in_use: method === inUse,
          accuracy: result.accuracy,
          log_loss: result.log_loss,
          standard_error: result.standard_errors.log_loss,
        },
      ];
    });
    return { ...none, labels, methods: scored.sort((a, b) => a.log_loss - b.log_loss) };
  }

  /** Yields the labeled tasks by day as the last update counted them, newest day first, and newest first in a day. */
  async *#days(definition: AgentDefinition) {
    const executor = this.#database.kysely;
    const agent = definition.name;
    const marks = await findEvidenceMarks(executor, agent);
    if (marks === undefined) return;
    const toClass = createLabelMapper(definition);
    const toClassScores = createClassScoreMapper(definition);
    const model = await this.#judges.storedModel(agent);
    const since = toUtcDay(new Date(this.#clock.now().getTime() - EVIDENCE_DAYS * DAY_MS));
    const days = (await listDayEvidence(executor, agent, since)).filter((day) => day.labels > 0).reverse();
    let read = 0;
    for (const { day } of days) {
      const from = parseUtcDay(day);
      const span = { from, to: new Date(from.getTime() + DAY_MS) };
      const tasks = [];
      let after: { readonly created_at: Date; readonly id: number } | undefined;
      for (;;) {
        const page = await readLabeledResults(executor, agent, span, marks, after, PAGE_SIZE, {
          payloads: true,
        });
        for (const row of page) {
          const label = toClass(row.label);
          if (label === undefined) continue;
          const scores =
            model === undefined
              ? row.judge_scores
              : model.join(row.judge_scores, model.heldOutScore(row.task_key, row.payload));
          tasks.push({
            task_key: row.task_key,
            created_at: row.created_at.toISOString(),
            label,
            scores: byIdentity(toClassScores(scores)),
            payload: row.payload ?? {},
          });
        }
        read += page.length;
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE_SIZE || read >= MAX_RESULTS_READ) break;
        after = { created_at: last.created_at, id: last.id };
      }
      yield tasks.reverse();
      if (read >= MAX_RESULTS_READ) return;
    }
  }
}

/** Runs a computation step by step and lets the event loop run in between. */
async function runInTurns<Result>(steps: Generator<unknown, Result, undefined>): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}
