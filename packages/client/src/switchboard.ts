/**
 * The switchboard assigns units of traffic to arms and evaluates the bundle of the arm, in the agent's own process.
 *
 * A decision does no input or output, reads no clock and never throws. It uses one immutable `ConfigSnapshot`, which is
 * created from each new config and replaced as a whole, so that a decision never mixes two configs. Timers that do not keep
 * the process alive refresh the config (ETag) and send exposures and outcomes. Rejected: a request to the service for each
 * decision (a round trip, and a dependency on its availability), and a config whose parts change one by one (a share of
 * one generation with the bundle of another).
 */
import { compareShadow } from "./compare-shadow.ts";
import { type ConfigKeeper, createConfigKeeper } from "./config-keeper.ts";
import {
  type ConfigSnapshot,
  type EffectiveConfig,
  failedAssignment,
  resolveConfig,
  type ServedAssignment,
} from "./config-snapshot.ts";
import type { ConfigCache } from "./config-source.ts";
import type { Assignment, Decision, ShadowComparison } from "./decision.ts";
import {
  createEventBuffer,
  type EventBuffer,
  type EventBufferCounts,
  type SendBatch,
} from "./event-buffer.ts";
import type { ExposureDocument, OutcomeDocument } from "./event-documents.ts";
import { isKey, KEY_ACCEPTED } from "./key-text.ts";
import { findOutcomeFault, type Outcome } from "./outcome.ts";
import { repeat } from "./repeat.ts";
import { resolveSource, type SourceOptions } from "./resolve-source.ts";
import type { SwitchboardConfig, SwitchboardDefaults } from "./switchboard-config.ts";

export interface Switchboard {
  readonly agent: string;
  /** Returns the unit's current assignment without an exposure: only `decide` exposes a unit. Never throws. */
  assign(unitId: string | null | undefined): Assignment;
  /**
   * Decides for a unit over a payload (any JSON value) and records its exposure. Never throws and does no input or output.
   * Without a unit id the active bundle decides, and the call is counted as unassigned.
   */
  decide(unitId: string | null | undefined, payload: unknown, options?: DecideOptions): Decision;
  /**
   * Records the measured result of a decision. Pass the decision if you have it, so that the outcome counts for its rollout; a
   * unit id counts for the current one. Never throws; an invalid outcome is returned with its fault and counted.
   */
  recordOutcome(of: string | Decision, outcome: Outcome): RecordedOutcome;
  /** Gives all units the active bundle in this process at once, whatever the config; `false` ends that. */
  setKillSwitch(on: boolean): void;
  /** Calls `listener` after each config that takes effect. Returns a function that removes the listener. */
  onChange(listener: (config: SwitchboardConfig) => void): () => void;
  /** Resolves to true once there is a config, to false if the first attempts have failed. Never rejects. */
  ready(): Promise<boolean>;
  /** Requests the config now. Never rejects. Only one refresh runs at a time. */
  refresh(): Promise<"changed" | "unchanged" | "failed">;
  /** Sends the buffered events now. Resolves to false if some could not be sent. Never rejects. */
  flush(): Promise<boolean>;
  /** Stops the timers and sends the buffered events, for at most `timeoutMs` (5,000). Never rejects. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
  stats(): SwitchboardStats;
}

export interface DecideOptions {
  /** Adds the explanation; takes a few microseconds. */
  readonly explain?: boolean | undefined;
}

export type RecordedOutcome =
  | { readonly recorded: true }
  | {
      readonly recorded: false;
      readonly reason: "no_unit" | "invalid" | "no_sink";
      readonly message: string;
    };

export interface SwitchboardStats {
  /** Number of calls without a unit id. */
  readonly unassigned: number;
  readonly exposures: EventBufferCounts;
  readonly outcomes: EventBufferCounts & { readonly invalid: number };
  /** Only in shadow mode. */
  readonly shadow: { readonly compared: number; readonly different: number };
  readonly refreshes: number;
  readonly failedRefreshes: number;
  /** Last background error; null if there was none. */
  readonly lastError: string | null;
  /** Seconds since the service last confirmed the config; null without one. */
  readonly configAgeSeconds: number | null;
  readonly generation: number | null;
}

/** Part that reported an error. Decisions are not affected. */
export type ReportedPart = "refresh" | "cache" | "exposures" | "outcomes" | "shadow" | "decide" | "listener";

export interface SwitchboardOptions extends SourceOptions {
  /** Keeps the last config over restarts: `createFileCache(path)` of `@relearn/client/node`. */
  readonly cache?: ConfigCache | undefined;
  /** Defaults of the agent definition, for a start without service and cache. */
  readonly defaults?: SwitchboardDefaults | undefined;
  /** Shadow mode: both bundles decide, the active decision is used for all units, and differences are reported. */
  readonly shadow?: boolean | undefined;
  readonly onShadow?: ((comparison: ShadowComparison, unitId: string | null) => void) | undefined;
  readonly onError?: ((part: ReportedPart, error: unknown) => void) | undefined;
  /** Age of a config from which all units get the active bundle; 86,400 by default, since the canary may have been rolled back. */
  readonly maxStaleSeconds?: number | undefined;
  /** 10,000 by default, the time until a kill switch takes effect. 0 turns the timer off; call `refresh` yourself. */
  readonly refreshIntervalMs?: number | undefined;
  /** 5,000 by default. 0 turns the timer off; call `flush` yourself. A full batch is always sent. */
  readonly flushIntervalMs?: number | undefined;
  /** Maximum of buffered exposures and of outcomes; 10,000 of each by default, at most 6 MB at 300 bytes each. */
  readonly bufferCapacity?: number | undefined;
  /** Maximum of documents per request; 500 by default. */
  readonly batchSize?: number | undefined;
  /** Clock in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
  /** Random number in [0, 1), for the jitter of the timers. */
  readonly random?: (() => number) | undefined;
}

/** Maximum of units remembered as exposed in the current stage. Forgotten units are reported again, which is harmless. */
const MAX_REMEMBERED_UNITS = 100_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** Maximum delay of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type Exposure = Omit<ExposureDocument, "at"> & { readonly at: number };

/**
 * Starts a switchboard, which reads the cache and requests the config in the background. Throws `TypeError` if the options do
 * not have exactly one of `url`, `source` and `bundle` or the URL is invalid, and `InvalidDocumentError` if `bundle` is
 * invalid.
 */
export function createSwitchboard(options: SwitchboardOptions): Switchboard {
  const { agent, shadow = false, batchSize = 500, bufferCapacity = 10_000 } = options;
  const { now = Date.now, random = Math.random } = options;
  const maxStaleMs = (options.maxStaleSeconds ?? 86_400) * 1000;
  const { source, fixed } = resolveSource(options);

  let killed = false;
  let isClosed = false;
  let unassigned = 0;
  let invalidOutcomes = 0;
  let compared = 0;
  let different = 0;
  let lastError: string | null = null;
  let closing: Promise<void> | undefined;
  let stage = "";
  let exposed = new Set<string>();
  let exposedBefore = new Set<string>();
  const listeners = new Set<(config: SwitchboardConfig) => void>();

  const report = (part: ReportedPart, error: unknown): void => {
    lastError = `${part}: ${toMessage(error)}`;
    try {
      options.onError?.(part, error);
    } catch {
      // An exception of a listener must not affect the agent.
    }
  };

  /** Updated at each change, so that a decision need not read the clock. */
  let effective: EffectiveConfig = resolveConfig(null, { killed, shadow, stale: false });
  let staleTimer: ReturnType<typeof setTimeout> | undefined;
  const updateEffective = (snapshot: ConfigSnapshot | null, confirmedAt: number): void => {
    clearTimeout(staleTimer);
    const untilStaleMs = confirmedAt + maxStaleMs - now();
    effective = resolveConfig(snapshot, { killed, shadow, stale: untilStaleMs < 0 });
    if (snapshot === null || untilStaleMs < 0 || untilStaleMs === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(untilStaleMs + 1, MAX_TIMER_MS);
    staleTimer = setTimeout(() => updateEffective(snapshot, confirmedAt), wait);
    // In browsers the timer is a number without `unref`.
    if (typeof staleTimer === "object") staleTimer.unref();
  };

  const keeper: ConfigKeeper = createConfigKeeper({
    agent,
    source,
    fixed,
    cache: options.cache,
    now,
    report,
    onAttempt(snapshot, confirmedAt, isChanged) {
      if (closing === undefined) updateEffective(snapshot, confirmedAt);
      if (snapshot === null || !isChanged) return;
      if (snapshot.stage !== stage) {
        stage = snapshot.stage;
        exposed = new Set();
        exposedBefore = new Set();
      }
      for (const listener of listeners) {
        try {
          listener(snapshot.config);
        } catch (error) {
          report("listener", error);
        }
      }
    },
  });

  const withErrorReport =
    <Kept>(part: "exposures" | "outcomes", send: SendBatch<Kept>): SendBatch<Kept> =>
    async (batch) => {
      if (isClosed) return "retry";
      try {
        const result = await send(batch);
        const refused =
          typeof result === "object"
            ? result
            : { refused: result === "rejected" ? batch.length : 0, reason: "" };
        if (refused.refused > 0) {
          report(
            part,
            new Error(`The service rejected ${refused.refused} document(s). ${refused.reason}`.trimEnd()),
          );
        }
        return result;
      } catch (error) {
        report(part, error);
        return "retry";
      }
    };
  const exposures: EventBuffer<Exposure> = createEventBuffer(
    withErrorReport("exposures", async (batch) => {
      const documents = batch.map((kept) => ({ ...kept, at: new Date(kept.at).toISOString() }));
      return (await source.sendExposures?.(documents)) ?? "rejected";
    }),
    bufferCapacity,
    batchSize,
  );
  const outcomes: EventBuffer<OutcomeDocument> = createEventBuffer(
    withErrorReport("outcomes", async (batch) => (await source.sendOutcomes?.(batch)) ?? "rejected"),
    bufferCapacity,
    batchSize,
  );
  let failing = false;
  const flush = async (): Promise<boolean> => {
    const results = await Promise.all([exposures.flush(), outcomes.flush()]);
    failing = results.includes("failed");
    return !failing;
  };

  let flushRequested = false;
  /** Sends a full batch without waiting for the timer, except while the service is unavailable. */
  const flushWhenFull = (size: number): void => {
    if (size < batchSize || failing || flushRequested || closing !== undefined) return;
    flushRequested = true;
    setTimeout(async () => {
      await flush();
      flushRequested = false;
    }, 0);
  };
  const stopRefreshing = repeat(
    async () => (await keeper.refresh()) !== "failed",
    options.bundle === undefined ? (options.refreshIntervalMs ?? 10_000) : 0,
    random,
  );
  const stopFlushing = repeat(flush, options.flushIntervalMs ?? 5_000, random);

  /** Returns the assignment of a unit; null stands for a missing or invalid id. */
  const findAssignment = (unitId: string | null): ServedAssignment => {
    if (unitId === null) {
      unassigned += 1;
      return effective.unsplit;
    }
    const { split } = effective;
    if (split === null) return effective.unsplit;
    const arm = split.armOf(unitId);
    return arm === "active" ? effective.active : arm === "canary" ? effective.canary : effective.holdback;
  };

  const recordExposure = (unitId: string, assignment: Assignment, config: SwitchboardConfig): void => {
    if (source.sendExposures === undefined || assignment.variant === "defaults") return;
    if (exposed.has(unitId) || exposedBefore.has(unitId)) return;
    if (exposed.size >= MAX_REMEMBERED_UNITS / 2) {
      exposedBefore = exposed;
      exposed = new Set();
    }
    exposed.add(unitId);
    exposures.push({
      rollout_id: assignment.rolloutId!,
      unit_id: unitId,
      agent,
      arm: assignment.variant,
      basis_points: config.canary_basis_points,
      generation: assignment.generation,
      bundle_id: assignment.bundleId,
      at: now(),
    });
    flushWhenFull(exposures.size);
  };

  const compareWithShadow = (
    counted: Pick<Decision, "label" | "positiveProbability" | "unitId">,
    snapshot: ConfigSnapshot,
    payload: unknown,
    explain: boolean,
  ): ShadowComparison | undefined => {
    if (!shadow || snapshot.canary === null) return undefined;
    try {
      const comparison = compareShadow(counted, snapshot.canary, payload, explain);
      compared += 1;
      if (!comparison.sameLabel) different += 1;
      options.onShadow?.(comparison, counted.unitId);
      return comparison;
    } catch (error) {
      report("shadow", error);
      return undefined;
    }
  };

  const answerWithDefaults = (
    unitId: string | null,
    assignment: Assignment,
    error?: string,
  ): Decision & { readonly label: string | null } => {
    const defaults = effective.snapshot?.config.defaults ?? options.defaults;
    return {
      ...assignment,
      unitId,
      label: defaults?.label ?? null,
      positive: null,
      probability: null,
      positiveProbability: null,
      thresholds: defaults?.thresholds ?? {},
      featuresFound: 0,
      ...(error === undefined ? {} : { error }),
    };
  };

  const decideAt = (unitId: string | null, payload: unknown, explain: boolean): Decision => {
    const { assignment, served } = findAssignment(unitId);
    const { snapshot } = effective;
    if (snapshot === null) {
      return answerWithDefaults(
        unitId,
        assignment,
        `No config has been loaded yet. ${lastError ?? ""}`.trimEnd(),
      );
    }
    let decision: Decision;
    if (served === null) {
      decision = answerWithDefaults(unitId, assignment);
    } else {
      const { decider } = served;
      const labelIndex = decider.decide(payload);
      decision = {
        variant: assignment.variant,
        reason: assignment.reason,
        rolloutId: assignment.rolloutId,
        generation: assignment.generation,
        bundleId: assignment.bundleId,
        bundleDigest: assignment.bundleDigest,
        unitId,
        label: decider.classes[labelIndex]!,
        positive: labelIndex === decider.positiveIndex,
        probability: decider.probabilities[labelIndex]!,
        positiveProbability: decider.probabilities[decider.positiveIndex]!,
        thresholds: served.thresholds,
        featuresFound: decider.featuresFound,
      };
      if (explain) decision = { ...decision, explanation: decider.explain(payload) };
    }
    const comparison = compareWithShadow(decision, snapshot, payload, explain);
    if (comparison !== undefined) decision = { ...decision, shadow: comparison };
    if (assignment.reason === "SPLIT") recordExposure(unitId!, assignment, snapshot.config);
    return decision;
  };

  const refused = (
    reason: Extract<RecordedOutcome, { recorded: false }>["reason"],
    message: string,
  ): RecordedOutcome => {
    invalidOutcomes += 1;
    return { recorded: false, reason, message };
  };

  const addOutcome = (of: string | Decision, outcome: Outcome): RecordedOutcome => {
    const unitId = typeof of === "object" && of !== null ? of.unitId : of;
    if (!isKey(unitId)) return refused("no_unit", `An outcome needs its unit: ${KEY_ACCEPTED}.`);
    const fault = findOutcomeFault(outcome);
    if (fault !== null) return refused("invalid", fault);
    if (source.sendOutcomes === undefined) {
      return {
        recorded: false,
        reason: "no_sink",
        message: "This switchboard has no service to send outcomes to.",
      };
    }
    const { outcomeId, taskKey, quality, latencyMs, cost, success, judge } = outcome;
    const decided = typeof of === "string" ? null : of.label;
    outcomes.push({
      rollout_id: typeof of === "string" ? findAssignment(unitId).assignment.rolloutId : of.rolloutId,
      unit_id: unitId,
      agent,
      outcome_id: outcomeId ?? unitId,
      ...(taskKey === undefined ? {} : { task_key: taskKey }),
      ...(quality === undefined ? {} : { quality }),
      ...(latencyMs === undefined ? {} : { latency_ms: latencyMs }),
      ...(cost === undefined ? {} : { cost }),
      ...(success === undefined ? {} : { success }),
      ...(judge === undefined ? {} : { judge }),
      ...(taskKey === undefined || decided === null ? {} : { decision: decided }),
      at: new Date(now()).toISOString(),
    });
    flushWhenFull(outcomes.size);
    return { recorded: true };
  };

  return {
    agent,
    assign: (unitId) => findAssignment(isKey(unitId) ? unitId : null).assignment,
    decide(unitId, payload, decideOptions) {
      const unit = isKey(unitId) ? unitId : null;
      if (unit === null && unitId !== null && unitId !== undefined && unitId !== "") {
        report(
          "decide",
          new TypeError(`A unit must be ${KEY_ACCEPTED}; the decision was made without a unit.`),
        );
      }
      try {
        return decideAt(unit, payload, decideOptions?.explain === true);
      } catch (error) {
        report("decide", error);
        return answerWithDefaults(unit, failedAssignment, toMessage(error));
      }
    },
    recordOutcome(of, outcome) {
      try {
        return addOutcome(of, outcome);
      } catch (error) {
        return refused("invalid", toMessage(error));
      }
    },
    setKillSwitch(on) {
      killed = on;
      updateEffective(keeper.snapshot, keeper.confirmedAt);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready: () => keeper.ready(),
    refresh: () => keeper.refresh(),
    flush,
    close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}) {
      closing ??= (async () => {
        stopRefreshing();
        stopFlushing();
        clearTimeout(staleTimer);
        let timer: ReturnType<typeof setTimeout> | undefined;
        const timeout = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, timeoutMs);
        });
        await Promise.race([flush(), timeout]);
        clearTimeout(timer);
        isClosed = true;
        for (const [part, { size }] of [
          ["exposures", exposures],
          ["outcomes", outcomes],
        ] as const) {
          if (size > 0)
            report(part, new Error(`${size} could not be sent before closing and were discarded.`));
        }
      })();
      return closing;
    },
    stats: () => ({
      unassigned,
      exposures: exposures.counts(),
      outcomes: { ...outcomes.counts(), invalid: invalidOutcomes },
      shadow: { compared, different },
      refreshes: keeper.refreshes,
      failedRefreshes: keeper.failedRefreshes,
      lastError,
      configAgeSeconds: keeper.snapshot === null ? null : Math.max(0, (now() - keeper.confirmedAt) / 1000),
      generation: keeper.snapshot?.config.generation ?? null,
    }),
  };
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
