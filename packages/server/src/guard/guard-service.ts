/**
 * The guard: looks at running rollouts and lets the state machine act on what it sees.
 *
 * A look is one transaction: the units whose windows closed since the last one are scored, the evidence
 * grows by them, the policy gives its verdict, and what the verdict changes is written with it. Where very many
 * are due, as after an outage, several looks follow each other, and only the last one moves the rollout. Two
 * guards at once take turns behind the release's lock; the second finds nothing new.
 */
import type {
  AnalysisResult,
  ArmHistory,
  CanaryStatus,
  MoveResult,
  Release,
  Rollout,
  Verdict,
  VerdictFigures,
} from "@relearn/contract";
import type { Transaction } from "kysely";
import type { AgentService } from "../agents/agent-service.ts";
import type { Clock } from "../clock.ts";
import { DAY_MS, HOUR_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import type { CommandOptions, RolloutService } from "../rollouts/rollout-service.ts";
import type { StoredRollout } from "../rollouts/rollout-store.ts";
import { pointWidth } from "./arm-history.ts";
import { findCurrentJudge, NEWEST_JUDGED } from "./current-judge.ts";
import {
  countAssignments,
  findEvidence,
  findNewestAnalysis,
  findNewestJudges,
  findNewestVerdicts,
  insertAnalysis,
  insertEpoch,
  type LabelClasses,
  listAnalyses,
  MAX_UNITS_PER_ANALYSIS,
  readActivePast,
  readArmHistory,
  readArmWindows,
  type StoredAnalysis,
  saveEvidence,
  scoreMaturedUnits,
} from "./guard-store.ts";
import type { AnalysisInput, EvidenceDocument, GuardRules } from "./rules/guard-rules.ts";
import { toColumns } from "./rules/matured-units.ts";
import { toRulesMember } from "./rules/rules-version.ts";
import { requireRules } from "./rules-registry.ts";

/** The window of the specification's check. */
const DEFAULT_LOOKBACK_HOURS = 24;
/** What is frozen at the start of a rollout is read from this long before. */
const BASELINE_DAYS = 7;

export interface CheckOptions {
  /** Hours of outcomes that point estimates are taken over; acts under the policy `specification`. */
  readonly lookbackHours?: number;
  /** Relative quality drop that rolls back; acts under the policy `specification`. */
  readonly threshold?: number;
}

type Write = Transaction<Tables>;

interface CompletedAnalysis {
  readonly verdict: Verdict;
  /** False: more units are due than one look scores. */
  readonly isWhole: boolean;
}

export class GuardService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #rollouts: RolloutService;
  readonly #maxUnitsPerAnalysis: number;

  constructor(parts: {
    database: Database;
    clock: Clock;
    agents: AgentService;
    rollouts: RolloutService;
    /** How many units one look scores at most; the default bounds its time. */
    maxUnitsPerAnalysis?: number;
  }) {
    this.#database = parts.database;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#rollouts = parts.rollouts;
    this.#maxUnitsPerAnalysis = parts.maxUnitsPerAnalysis ?? MAX_UNITS_PER_ANALYSIS;
  }

  /**
   * What the guard would say now; changes nothing. The specification's has_regression, quality_delta,
   * latency_delta and recommendation, and the evidence beside them. Throws `no_canary` where no rollout runs.
   */
  async checkCanaryPerformance(agent: string, options: CheckOptions = {}): Promise<Verdict> {
    const { rollout } = await this.#requireRunning(agent);
    let verdict: Verdict | undefined;
    // Looked at in a transaction that is then given up: the same code as a real look, and no trace.
    await this.#database
      .transaction(async (trx) => {
        const release = await this.#rollouts.release(agent, trx);
        verdict = await this.#analyzeInParts(trx, rollout, release, options, this.#clock.now());
        throw new RollbackSignal();
      })
      .catch((error) => {
        if (!(error instanceof RollbackSignal)) throw error;
      });
    if (verdict === undefined) throw new RelearnError("internal", "An analysis gave no verdict.");
    return verdict;
  }

  /** Looks at the agent's running rollout and acts on the verdict. Throws `no_canary` where none runs. */
  async analyze(agent: string, options: CheckOptions = {}): Promise<AnalysisResult> {
    const { rollout } = await this.#requireRunning(agent);
    for (;;) {
      let completed: CompletedAnalysis | undefined;
      const moved = await this.#rollouts.analyzeWith(
        rollout.rollout_id,
        async (trx, stored, release, now) => {
          completed = await this.#analyzeOnce(trx, stored.rollout, release, options, now);
          return completed.isWhole ? completed.verdict : null;
        },
      );
      if (completed === undefined) throw new RelearnError("internal", "An analysis gave no verdict.");
      if (completed.isWhole)
        return { agent, verdict: completed.verdict, rollout: moved.rollout, changed: moved.changed };
    }
  }

  /**
   * Widens by hand: to the next stage or to `targetPercent`. What the guard advises needs the right to
   * approve, more than that the right to override, and a reason.
   */
  async promoteCanary(
    agent: string,
    options: { targetPercent?: number; reason?: string } & CommandOptions,
  ): Promise<MoveResult> {
    const { targetPercent, reason = "", ...rest } = options;
    const { rollout } = await this.#requireRunning(agent);
    return this.#rollouts.promoteWith(
      rollout.rollout_id,
      { reason, ...(targetPercent === undefined ? {} : { target_percent: targetPercent }) },
      // Looked at within the command's transaction: what it stands on is in the journal, and is not older than it.
      (trx, stored, release, now) => this.#analyzeInParts(trx, stored.rollout, release, {}, now, false),
      rest,
    );
  }

  /** Drops the canary: all traffic goes back to what is active, or was before the canary became it. */
  async rollbackCanary(agent: string, options: { reason?: string } & CommandOptions): Promise<MoveResult> {
    const { reason = "", ...rest } = options;
    const { rollout } = await this.#requireRunning(agent);
    return this.#rollouts.command(rollout.rollout_id, { kind: "roll_back", reason }, rest);
  }

  async pauseCanary(agent: string, options: { reason: string } & CommandOptions): Promise<MoveResult> {
    const { reason, ...rest } = options;
    const { rollout } = await this.#requireRunning(agent);
    return this.#rollouts.command(rollout.rollout_id, { kind: "pause", reason }, rest);
  }

  async resumeCanary(agent: string, options: { reason: string } & CommandOptions): Promise<MoveResult> {
    const { reason, ...rest } = options;
    const { rollout } = await this.#requireRunning(agent);
    return this.#rollouts.command(rollout.rollout_id, { kind: "resume", reason }, rest);
  }

  /**
   * One step of the specification's gradual rollout: a look that widens, holds or takes back. The stages and
   * the interval between them are the rollout's policy, fixed when it was proposed; calling this more often
   * than the interval changes nothing.
   */
  gradualRollout(agent: string): Promise<AnalysisResult> {
    return this.analyze(agent);
  }

  /** The nightly check, which is also the hourly guard: a look at every rollout that runs. One that fails does not stop the others. */
  async nightlyGuardCheck(): Promise<{
    analyses: AnalysisResult[];
    failures: { agent: string; error: string }[];
  }> {
    await this.#rollouts.expireOverdue();
    const analyses: AnalysisResult[] = [];
    const failures: { agent: string; error: string }[] = [];
    for (const { definition } of await this.#agents.list()) {
      if ((await this.#rollouts.running(definition.name)) === undefined) continue;
      try {
        analyses.push(await this.analyze(definition.name));
      } catch (error) {
        failures.push({
          agent: definition.name,
          error: error instanceof Error ? error.message : String(error),
        });
      }
    }
    return { analyses: analyses, failures };
  }

  async status(agent: string): Promise<CanaryStatus> {
    await this.#agents.get(agent);
    const running = await this.#rollouts.running(agent);
    const newest =
      running === undefined
        ? undefined
        : await findNewestAnalysis(this.#database.kysely, running.rollout.rollout_id);
    return {
      agent,
      release: await this.#rollouts.release(agent),
      rollout: running?.rollout ?? null,
      approval_id: running?.approval_id ?? null,
      newest_analysis: newest ?? null,
    };
  }

  analyses(rolloutId: string): Promise<StoredAnalysis[]> {
    return listAnalyses(this.#database.kysely, rolloutId);
  }

  /** What the newest analysis at each of the rollouts said, whether it still runs or not; none of one never looked at. */
  async newestFigures(rolloutIds: readonly string[]): Promise<Map<string, VerdictFigures>> {
    const verdicts = await findNewestVerdicts(this.#database.kysely, rolloutIds);
    return new Map([...verdicts].map(([rolloutId, verdict]) => [rolloutId, toVerdictFigures(verdict)]));
  }

  /** How both arms fared since the start, for the plots. Throws `unknown_rollout`. */
  async armHistory(rolloutId: string): Promise<ArmHistory> {
    const { rollout } = await this.#rollouts.get(rolloutId);
    if (rollout.started_at === null) return { rollout_id: rolloutId, started_at: null, hours: 1, points: [] };
    const start = new Date(rollout.started_at);
    const end = rollout.ended_at === null ? this.#clock.now() : new Date(rollout.ended_at);
    const hours = pointWidth((end.getTime() - start.getTime()) / HOUR_MS);
    return {
      rollout_id: rolloutId,
      started_at: rollout.started_at,
      hours,
      points: await readArmHistory(this.#database.kysely, rolloutId, start, hours),
    };
  }

  async #requireRunning(agent: string): Promise<StoredRollout> {
    const running = await this.#rollouts.running(agent);
    if (running !== undefined) return running;
    await this.#agents.get(agent);
    throw new RelearnError(
      "no_canary",
      `No rollout of ${agent} runs. Approve a bundle and apply it: relearn bundles apply APPROVAL`,
      {
        details: { agent },
      },
    );
  }

  /** Looks until every unit that is due has been looked at, within the one transaction. */
  async #analyzeInParts(
    trx: Write,
    rollout: Rollout,
    release: Release,
    options: CheckOptions,
    now: Date,
    acted = true,
  ): Promise<Verdict> {
    for (;;) {
      const { verdict, isWhole } = await this.#analyzeOnce(trx, rollout, release, options, now, acted);
      if (isWhole) return verdict;
    }
  }

  async #analyzeOnce(
    trx: Write,
    rollout: Rollout,
    release: Release,
    options: CheckOptions,
    now: Date,
    acted = true,
  ): Promise<CompletedAnalysis> {
    const rules = requireRules(rollout);
    const stored = await findEvidence(trx, rollout.rollout_id);
    if (stored === undefined || rollout.stage === null || rollout.stage_entered_at === null) {
      throw new RelearnError(
        "internal",
        `Rollout ${rollout.rollout_id} runs without evidence being gathered.`,
      );
    }
    const entered = new Date(rollout.stage_entered_at);
    const from = entered > stored.since ? entered : stored.since;
    const analysis = stored.analyses + 1;
    const { epoch } = stored;
    const labels = await this.#labelsOf(trx, rollout);
    const last = await findNewestAnalysis(trx, rollout.rollout_id);
    const before = last?.epoch === epoch && last.stage === rollout.stage ? last.inputs : null;
    const leftOver = before?.scored_through ?? null;
    const { units, through } = await scoreMaturedUnits(
      trx,
      rollout,
      {
        epoch,
        analysis,
        from,
        analyzedAt: stored.analyzedAt,
        through: leftOver === null ? null : new Date(leftOver),
      },
      labels,
      now,
      this.#maxUnitsPerAnalysis,
    );
    const known = before?.settled_assignments ?? null;
    const { assignments, settled } = await countAssignments(trx, rollout, from, known, now);
    const gathered = stored.evidence ?? (await this.#firstEvidence(trx, rollout, rules, epoch, from, labels));
    const judge_identity = await this.#judgeOf(trx, rollout, gathered, now);
    const evidence = rules.addUnits(
      rules.withJudge(gathered, judge_identity),
      toColumns(units),
      assignments,
      now,
    );
    const isEvidence = rollout.policy.policy === "evidence";
    const input: AnalysisInput = {
      rollout,
      evidence,
      window: isEvidence
        ? null
        : await readArmWindows(trx, rollout, this.#windowStart(from, now, options), labels, now),
      threshold: options.threshold,
      active_digest: await this.#rollouts.activeDigest(trx, release),
      judge_identity,
    };
    const verdict = rules.analyze(input, now);
    await saveEvidence(trx, rollout.rollout_id, evidence, analysis, now);
    await insertAnalysis(trx, rollout.rollout_id, {
      epoch,
      analysis,
      stage: rollout.stage,
      at: now.toISOString(),
      units: units.length,
      assignments,
      verdict,
      inputs: {
        ...toRulesMember(rules.version),
        generation: rollout.generation,
        window: input.window,
        threshold: options.threshold ?? null,
        active_digest: input.active_digest,
        judge_identity,
        acted: acted && through === null,
        settled_assignments: settled,
        scored_through: through?.toISOString() ?? null,
      },
    });
    return { verdict, isWhole: through === null };
  }

  /** Null where the agent reports quality itself. */
  async #labelsOf(trx: Write, rollout: Rollout): Promise<LabelClasses | null> {
    if (rollout.policy.quality_source === "reported") return null;
    return (await this.#agents.get(rollout.agent, trx)).definition;
  }

  /** Who judges quality now; people do where labels say it, and where nothing was reported nothing changed. */
  async #judgeOf(trx: Write, rollout: Rollout, before: EvidenceDocument, now: Date): Promise<string | null> {
    if (rollout.policy.quality_source === "label") return null;
    const since = new Date(now.getTime() - BASELINE_DAYS * DAY_MS);
    const newest = await findNewestJudges(trx, rollout.agent, since, NEWEST_JUDGED);
    const { canary, active } = before.units;
    return findCurrentJudge(newest, canary + active === 0 ? undefined : before.judge_identity);
  }

  #windowStart(from: Date, now: Date, { lookbackHours = DEFAULT_LOOKBACK_HOURS }: CheckOptions): Date {
    const lookback = new Date(now.getTime() - lookbackHours * HOUR_MS);
    return lookback > from ? lookback : from;
  }

  async #firstEvidence(
    trx: Write,
    rollout: Rollout,
    rules: GuardRules,
    epoch: number,
    since: Date,
    labels: LabelClasses | null,
  ): Promise<EvidenceDocument> {
    const from = new Date(since.getTime() - BASELINE_DAYS * DAY_MS);
    const range = { from, to: since, maturityHours: rollout.policy.maturity_hours };
    const begun = {
      baseline: rules.freezeBaseline(await readActivePast(trx, rollout.agent, range, labels)),
      judge_identity: null,
      with_interval: true,
    };
    await insertEpoch(trx, rollout.rollout_id, { epoch, began_at: since.toISOString(), ...begun });
    const { policy, attempt } = rollout;
    return rules.startEvidence({ policy, stage: rollout.stage ?? 0, attempt, ...begun }, since);
  }
}

function toVerdictFigures(verdict: Verdict): VerdictFigures {
  const { recommendation, reason, quality_delta, latency_delta, intervals, units } = verdict;
  return { recommendation, reason, quality_delta, latency_delta, intervals, units };
}

class RollbackSignal extends Error {}
