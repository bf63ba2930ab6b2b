/**
 * The guard: analyzes running rollouts and has the state machine act on the verdicts.
 *
 * An analysis is one transaction: read the units whose windows closed since the last one, compute the evidence and
 * the verdict, and write them with the change that the verdict causes. If very many units are due, as after an
 * outage, several analyses follow each other and only the last one moves the rollout. Two guards at once take turns
 * by the lock of the release; the second finds nothing new.
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
import { type Clock, HOUR_MS } from "../clock.ts";
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

/** Window of the specification's check. */
const DEFAULT_LOOKBACK_HOURS = 24;

export interface CheckOptions {
  /** Hours of outcomes that point estimates are taken over; used by the policy `specification`. */
  readonly lookbackHours?: number;
  /** Relative quality drop that rolls back; used by the policy `specification`. */
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
    /** Maximum number of units that one analysis scores. */
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

  /** Analyzes the agent's running rollout and acts on the verdict. Throws `no_canary` if none is running. */
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
   * Promotes by hand, to the next stage or to `targetPercent`. A promotion that the guard recommends needs the right to
   * release; any other needs the right to override, and a reason.
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
      // Analyzed in the command's transaction, so that the journal has the evidence that the command is based on.
      (trx, stored, release, now) => this.#analyzeInParts(trx, stored.rollout, release, now),
      rest,
    );
  }

  /** Rolls back the canary: all traffic goes to the active bundle, or to the one before, if the canary became active. */
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
   * Takes one step of the specification's gradual rollout: an analysis that promotes, holds or rolls back. The stages
   * and the interval between them are those of the rollout's policy, fixed when it was proposed; calling this more
   * often than the interval changes nothing.
   */
  gradualRollout(agent: string): Promise<AnalysisResult> {
    return this.analyze(agent);
  }

  /** Analyzes every running rollout: the nightly check and the hourly guard. A failure of one does not stop the others. */
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
    return { analyses, failures };
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

  /** Finds the figures of each rollout's newest analysis; rollouts without an analysis are absent. */
  async newestFigures(rolloutIds: readonly string[]): Promise<Map<string, VerdictFigures>> {
    const verdicts = await findNewestVerdicts(this.#database.kysely, rolloutIds);
    return new Map([...verdicts].map(([rolloutId, verdict]) => [rolloutId, toVerdictFigures(verdict)]));
  }

  /** Returns the measured results of both arms since the start, for the plots. Throws `unknown_rollout`. */
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
      `No rollout of ${agent} is running. Approve a bundle and apply it: relearn bundles apply APPROVAL`,
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
