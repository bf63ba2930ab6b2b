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
import { HOUR_MS } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import type { CommandOptions, RolloutService } from "../rollouts/rollout-service.ts";
import type { StoredRollout } from "../rollouts/rollout-store.ts";
import { type AnalysisSubject, findProgress, readAnalysis } from "./analysis-reading-store.ts";
import type { StoredAnalysis } from "./analysis-records.ts";
import { findNewestAnalysis, findNewestVerdicts, listAnalyses, writeAnalysis } from "./analysis-store.ts";
import { pointWidth } from "./arm-history.ts";
import { readArmHistory } from "./arm-history-store.ts";
import { type ComputedAnalysis, computeAnalysis } from "./compute-analysis.ts";
import { MAX_UNITS_PER_ANALYSIS } from "./due-units-store.ts";

/** The window of the specification's check. */
const DEFAULT_LOOKBACK_HOURS = 24;

export interface CheckOptions {
  /** Hours of outcomes that point estimates are taken over; acts under the policy `specification`. */
  readonly lookbackHours?: number;
  /** Relative quality drop that rolls back; acts under the policy `specification`. */
  readonly threshold?: number;
}

type Write = Transaction<Tables>;

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
   * Returns the verdict that an analysis would give now. Writes nothing, and waits for no analysis that runs at
   * the same time. Throws `no_canary` if no rollout is running.
   */
  async checkCanaryPerformance(agent: string, options: CheckOptions = {}): Promise<Verdict> {
    return this.#database.readSnapshot(async (trx) => {
      const { rollout } = await this.#requireRunning(agent, trx);
      const now = this.#clock.now();
      const release = await this.#rollouts.release(agent, trx);
      const subject = await this.#readSubject(trx, rollout, release, options);
      let progress = await findProgress(trx, rollout);
      for (;;) {
        const reading = await readAnalysis(trx, subject, progress, now);
        const { verdict, isComplete, next } = computeAnalysis(reading, false, now);
        if (isComplete) return verdict;
        progress = next;
      }
    });
  }

  /** Looks at the agent's running rollout and acts on the verdict. Throws `no_canary` where none runs. */
  async analyze(agent: string, options: CheckOptions = {}): Promise<AnalysisResult> {
    const { rollout } = await this.#requireRunning(agent);
    for (;;) {
      let computed: ComputedAnalysis | undefined;
      const moved = await this.#rollouts.analyzeWith(
        rollout.rollout_id,
        async (trx, stored, release, now) => {
          computed = await this.#analyzeOnce(trx, stored.rollout, release, options, now, true);
          return computed.isComplete ? computed.verdict : null;
        },
      );
      if (computed === undefined) throw new RelearnError("internal", "An analysis returned no verdict.");
      if (computed.isComplete)
        return { agent, verdict: computed.verdict, rollout: moved.rollout, changed: moved.changed };
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
      (trx, stored, release, now) => this.#analyzeInParts(trx, stored.rollout, release, now),
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

  async #requireRunning(agent: string, executor?: Executor): Promise<StoredRollout> {
    const running = await this.#rollouts.running(agent, executor);
    if (running !== undefined) return running;
    await this.#agents.get(agent, executor);
    throw new RelearnError(
      "no_canary",
      `No rollout of ${agent} runs. Approve a bundle and apply it: relearn bundles apply APPROVAL`,
      {
        details: { agent },
      },
    );
  }

  /** Analyzes until every due unit is scored, within one transaction. */
  async #analyzeInParts(trx: Write, rollout: Rollout, release: Release, now: Date): Promise<Verdict> {
    for (;;) {
      const { verdict, isComplete } = await this.#analyzeOnce(trx, rollout, release, {}, now, false);
      if (isComplete) return verdict;
    }
  }

  /** Reads, computes and writes one analysis. */
  async #analyzeOnce(
    trx: Write,
    rollout: Rollout,
    release: Release,
    options: CheckOptions,
    now: Date,
    acted: boolean,
  ): Promise<ComputedAnalysis> {
    const subject = await this.#readSubject(trx, rollout, release, options);
    const progress = await findProgress(trx, rollout);
    const computed = computeAnalysis(await readAnalysis(trx, subject, progress, now), acted, now);
    await writeAnalysis(trx, rollout.rollout_id, computed);
    return computed;
  }

  async #readSubject(
    trx: Write,
    rollout: Rollout,
    release: Release,
    { lookbackHours = DEFAULT_LOOKBACK_HOURS, threshold }: CheckOptions,
  ): Promise<AnalysisSubject> {
    const isReported = rollout.policy.quality_source === "reported";
    return {
      rollout,
      activeDigest: await this.#rollouts.activeDigest(trx, release),
      labels: isReported ? null : (await this.#agents.get(rollout.agent, trx)).definition,
      lookbackHours,
      threshold,
      maxUnits: this.#maxUnitsPerAnalysis,
    };
  }
}

function toVerdictFigures(verdict: Verdict): VerdictFigures {
  const { recommendation, reason, quality_delta, latency_delta, intervals, units } = verdict;
  return { recommendation, reason, quality_delta, latency_delta, intervals, units };
}
