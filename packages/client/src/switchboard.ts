/**
 * The switchboard: which arm a unit of traffic gets and what the arm's bundle decides, in the agent's own
 * process.
 *
 * Deciding does no input or output, reads no clock and never throws. What it decides from is one immutable `Position`, made
 * from a config when that arrives and swapped whole, so a decision never sees half of two configs. Around
 * it run, on timers that do not keep a process alive, a refresh (ETag) and the sending of exposures and
 * outcomes. Rejected: asking the service for each decision (a round trip and an outage in the agent's path),
 * and a config whose parts change one by one (a share of one generation with the bundle of another).
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
import { faultOfOutcome, type Outcome } from "./outcome.ts";
import { repeat } from "./repeat.ts";
import { resolveSource, type SourceOptions } from "./resolve-source.ts";
import type { SwitchboardConfig, SwitchboardDefaults } from "./switchboard-config.ts";

export interface Switchboard {
  readonly agent: string;
  /** Where the unit stands now. No exposure: only `decide` exposes a unit. Never throws. */
  assign(unitId: string | null | undefined): Assignment;
  /**
   * Decides for a unit over a payload (any JSON value) and notes its exposure. Never throws and does no
   * input or output. Without a unit id: active, counted as unassigned.
   */
  decide(unitId: string | null | undefined, payload: unknown, options?: DecideOptions): Decision;
  /**
   * Notes how a decision fared. Hand in the decision where it is still at hand, so that the outcome goes to
   * the rollout that made it; a unit id alone goes to the present one. Never throws; a fault in the outcome
   * is the answer, and is counted.
   */
  recordOutcome(of: string | Decision, outcome: Outcome): RecordedOutcome;
  /** Everything active in this process, at once, whatever the config says; false takes that back. */
  setKillSwitch(on: boolean): void;
  /** Calls `listener` after each config that is taken up; gives what ends that. */
  onChange(listener: (config: SwitchboardConfig) => void): () => void;
  /** True once there is a config, false when the first attempts have failed; never rejects. */
  ready(): Promise<boolean>;
  /** Asks for the config now; never rejects. One refresh runs at a time. */
  refresh(): Promise<"changed" | "unchanged" | "failed">;
  /** Sends what is buffered now; false where something had to stay. Never rejects. */
  flush(): Promise<boolean>;
  /** Stops the timers and sends what is buffered, for at most `timeoutMs` (5,000); never rejects. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
  stats(): SwitchboardStats;
}

export interface DecideOptions {
  /** Adds the explanation; costs some microseconds. */
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
  /** Calls without a unit id. */
  readonly unassigned: number;
  readonly exposures: EventBufferCounts;
  readonly outcomes: EventBufferCounts & { readonly invalid: number };
  /** Only in shadow mode. */
  readonly shadow: { readonly compared: number; readonly different: number };
  readonly refreshes: number;
  readonly failedRefreshes: number;
  /** What last went wrong in the background; null when nothing has. */
  readonly lastError: string | null;
  /** Seconds since the service last confirmed the config; null without one. */
  readonly configAgeSeconds: number | null;
  readonly generation: number | null;
}

/** What can go wrong beside the answers; decisions go on. */
export type ReportedPart = "refresh" | "cache" | "exposures" | "outcomes" | "shadow" | "decide" | "listener";

export interface SwitchboardOptions extends SourceOptions {
  /** `createFileCache(path)` of `@relearn/client/node` keeps the last config over restarts. */
  readonly cache?: ConfigCache | undefined;
  /** The agent definition's own thresholds, for a start without service and cache. */
  readonly defaults?: SwitchboardDefaults | undefined;
  /** Both bundles decide, the active one counts for everybody, differences are reported. */
  readonly shadow?: boolean | undefined;
  readonly onShadow?: ((comparison: ShadowComparison, unitId: string | null) => void) | undefined;
  readonly onError?: ((part: ReportedPart, error: unknown) => void) | undefined;
  /** 86,400: after a day without word from the service nobody should be on a canary that may be condemned. */
  readonly maxStaleSeconds?: number | undefined;
  /** 10,000: how long a kill switch takes to arrive; 0 turns the timer off (`refresh` by hand). */
  readonly refreshIntervalMs?: number | undefined;
  /** 5,000; 0 turns the timer off (`flush` by hand, or a full batch). */
  readonly flushIntervalMs?: number | undefined;
  /** 10,000 exposures and as many outcomes; at about 300 bytes each, 6 MB while the service is away. */
  readonly bufferCapacity?: number | undefined;
  /** 500 documents a request. */
  readonly batchSize?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
  /** In [0, 1): spreads the requests of many processes. */
  readonly random?: (() => number) | undefined;
}

/** Units remembered as exposed in the present stage; beyond, one is reported again, which changes nothing. */
const REMEMBERED_UNITS = 100_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** What a timer can wait; beyond 2^31 - 1 it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type Exposure = Omit<ExposureDocument, "at"> & { readonly at: number };

/**
 * Starts a switchboard: reads the cache and asks for the config at once, in the background. TypeError where
 * the options do not name exactly one of `url`, `source` and `bundle`, or the URL is none;
 * InvalidDocumentError where `bundle` cannot decide.
 */
export function createSwitchboard(options: SwitchboardOptions): Switchboard {
  const { agent, shadow = false, batchSize = 500, bufferCapacity = 10_000 } = options;
  const { now = Date.now, random = Math.random } = options;
  const maxStaleMs = (options.maxStaleSeconds ?? 86_400) * 1000;
  const { source, fixed } = resolveSource(options);

  let killed = false;
  let gaveUp = false;
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
      // A listener that throws must not take the agent down with it.
    }
  };

  /** Worked out when something changes, so that a decision need not look at the clock. */
  let effective: EffectiveConfig = resolveConfig(null, { killed, shadow, stale: false });
  let staleTimer: ReturnType<typeof setTimeout> | undefined;
  const settle = (snapshot: ConfigSnapshot | null, confirmedAt: number): void => {
    clearTimeout(staleTimer);
    const untilStaleMs = confirmedAt + maxStaleMs - now();
    effective = resolveConfig(snapshot, { killed, shadow, stale: untilStaleMs < 0 });
    if (snapshot === null || untilStaleMs < 0 || untilStaleMs === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(untilStaleMs + 1, MAX_TIMER_MS);
    staleTimer = setTimeout(() => settle(snapshot, confirmedAt), wait);
    // A number in browsers, which have no such notion.
    if (typeof staleTimer === "object") staleTimer.unref();
  };

  const keeper: ConfigKeeper = createConfigKeeper({
    agent,
    source,
    fixed,
    cache: options.cache,
    now,
    report,
    onAttempt(snapshot, confirmedAt, brought) {
      if (closing === undefined) settle(snapshot, confirmedAt);
      if (snapshot === null || !brought) return;
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

  const reporting =
    <Kept>(part: "exposures" | "outcomes", send: SendBatch<Kept>): SendBatch<Kept> =>
    async (batch) => {
      if (gaveUp) return "retry";
      try {
        const result = await send(batch);
        const refused =
          typeof result === "object"
            ? result
            : { refused: result === "rejected" ? batch.length : 0, reason: "" };
        if (refused.refused > 0) {
          report(
            part,
            new Error(`The service refused ${refused.refused} document(s). ${refused.reason}`.trimEnd()),
          );
        }
        return result;
      } catch (error) {
        report(part, error);
        return "retry";
      }
    };
  const exposures: EventBuffer<Exposure> = createEventBuffer(
    reporting("exposures", async (batch) => {
      const documents = batch.map((kept) => ({ ...kept, at: new Date(kept.at).toISOString() }));
      return (await source.sendExposures?.(documents)) ?? "rejected";
    }),
    bufferCapacity,
    batchSize,
  );
  const outcomes: EventBuffer<OutcomeDocument> = createEventBuffer(
    reporting("outcomes", async (batch) => (await source.sendOutcomes?.(batch)) ?? "rejected"),
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
  /** A full batch goes out without waiting for the timer, but not while the service is away. */
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

  /** Where a unit stands; null: there is none, or what was given is none. */
  const place = (unitId: string | null): ServedAssignment => {
    if (unitId === null) {
      unassigned += 1;
      return effective.unsplit;
    }
    const { split } = effective;
    if (split === null) return effective.unsplit;
    const arm = split.armOf(unitId);
    return arm === "active" ? effective.active : arm === "canary" ? effective.canary : effective.holdback;
  };

  const noteExposure = (unitId: string, assignment: Assignment, config: SwitchboardConfig): void => {
    if (source.sendExposures === undefined || assignment.variant === "defaults") return;
    if (exposed.has(unitId) || exposedBefore.has(unitId)) return;
    if (exposed.size >= REMEMBERED_UNITS / 2) {
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

  const answerOfDefaults = (
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
    const { assignment, served } = place(unitId);
    const { snapshot } = effective;
    if (snapshot === null) {
      return answerOfDefaults(unitId, assignment, `There is no config yet. ${lastError ?? ""}`.trimEnd());
    }
    let decision: Decision;
    if (served === null) {
      decision = answerOfDefaults(unitId, assignment);
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
    if (assignment.reason === "SPLIT") noteExposure(unitId!, assignment, snapshot.config);
    return decision;
  };

  const refused = (
    reason: Extract<RecordedOutcome, { recorded: false }>["reason"],
    message: string,
  ): RecordedOutcome => {
    invalidOutcomes += 1;
    return { recorded: false, reason, message };
  };

  const noteOutcome = (of: string | Decision, outcome: Outcome): RecordedOutcome => {
    const unitId = typeof of === "object" && of !== null ? of.unitId : of;
    if (!isKey(unitId))
      return refused("no_unit", `An outcome needs the unit that it is of: ${KEY_ACCEPTED}.`);
    const fault = faultOfOutcome(outcome);
    if (fault !== null) return refused("invalid", fault);
    if (source.sendOutcomes === undefined) {
      return { recorded: false, reason: "no_sink", message: "This switchboard has no service to report to." };
    }
    const { outcomeId, taskKey, quality, latencyMs, cost, success, judge } = outcome;
    const decided = typeof of === "string" ? null : of.label;
    outcomes.push({
      rollout_id: typeof of === "string" ? place(unitId).assignment.rolloutId : of.rolloutId,
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
    assign: (unitId) => place(isKey(unitId) ? unitId : null).assignment,
    decide(unitId, payload, decideOptions) {
      const unit = isKey(unitId) ? unitId : null;
      if (unit === null && unitId !== null && unitId !== undefined && unitId !== "") {
        report("decide", new TypeError(`A unit must be ${KEY_ACCEPTED}; the decision has none.`));
      }
      try {
        return decideAt(unit, payload, decideOptions?.explain === true);
      } catch (error) {
        report("decide", error);
        return answerOfDefaults(unit, failedAssignment, toMessage(error));
      }
    },
    recordOutcome(of, outcome) {
      try {
        return noteOutcome(of, outcome);
      } catch (error) {
        return refused("invalid", toMessage(error));
      }
    },
    setKillSwitch(on) {
      killed = on;
      settle(keeper.snapshot, keeper.confirmedAt);
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
        gaveUp = true;
        for (const [part, { size }] of [
          ["exposures", exposures],
          ["outcomes", outcomes],
        ] as const) {
          if (size > 0) report(part, new Error(`${size} could not be sent before closing and are lost.`));
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
