import type { Arm } from "@relearn/client";
import type { AgentDefinition, IngestReport, Rejection, SignalKind } from "@relearn/contract";
import { type Actor, type ActorReference, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import { redactPayload } from "../agents/redact-payload.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { canonicalJson } from "../canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { type RecordFault, recordFault, unknownAgentFault } from "../rejection.ts";
import { assignArmInRollout, findCurrentBasisPoints, type RolloutSplit } from "./exposure-arm.ts";
import { type Exposure, type Outcome, parseSignal, type Signal, toSignalIdentity } from "./signal.ts";
import { findRolloutSplits, type WriteCounts, writeSignals } from "./signal-store.ts";

/** Valid records of a batch, in conflict-free batches, and the rejected ones with their faults. */
export interface CheckedSignals {
  readonly kind: SignalKind;
  readonly good: readonly Signal[];
  readonly batches: readonly (readonly Signal[])[];
  readonly rejected: readonly Rejection[];
  readonly now: Date;
}

/** Maximum records per transaction: keeps locks short (a tenth of a second) and writes fast. */
const CHUNK = 5000;

/**
 * Kinds whose arrival is recorded in the audit log: signals from people. Signals from agents and judges arrive by the
 * thousand per minute and are not audited.
 */
const audited: ReadonlySet<SignalKind> = new Set(["approvals", "feedback", "gold"]);

/** Receives signals. The caller must check the right to send them. */
export class SignalService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #agents: AgentService;
  readonly #clock: Clock;

  constructor(database: Database, audit: AuditService, agents: AgentService, clock: Clock) {
    this.#database = database;
    this.#audit = audit;
    this.#agents = agents;
    this.#clock = clock;
  }

  /**
   * Stores the valid records of a batch and reports the others with their faults. Idempotent: a sender repeats the batch
   * after an interruption. Five thousand records are one transaction.
   */
  async ingest(
    kind: SignalKind,
    records: readonly unknown[],
    options: { actor: ActorReference },
  ): Promise<IngestReport> {
    let report: IngestReport = { stored: 0, updated: 0, duplicates: 0, rejected: [] };
    for (let from = 0; from < records.length; from += CHUNK) {
      const checked = await this.check(kind, records.slice(from, from + CHUNK));
      const { stored, updated, duplicates, rejected } = await this.store(checked, options);
      report = {
        stored: report.stored + stored,
        updated: report.updated + updated,
        duplicates: report.duplicates + duplicates,
        rejected: [...report.rejected, ...rejected.map((one) => ({ ...one, index: from + one.index }))],
      };
    }
    return report;
  }

  /** Parses and checks at most five thousand records, without storing them. */
  async check(kind: SignalKind, records: readonly unknown[]): Promise<CheckedSignals> {
    const definitions = new Map(
      (await this.#agents.list()).map(({ definition }) => [definition.name, definition]),
    );
    const now = this.#clock.now();
    const parsed = records.map((record) => parseSignal(kind, record, now));
    const splits = await this.#rolloutSplits(
      kind,
      parsed.flatMap((one) => (one.ok ? [one.record] : [])),
    );
    const good: Signal[] = [];
    const rejected: Rejection[] = [];
    for (const [index, one] of parsed.entries()) {
      const checked = one.ok ? check(kind, one.record, definitions, splits) : one;
      if (checked.ok) good.push(checked.record);
      else rejected.push({ index, ...checked.fault });
    }
    return { kind, good, batches: splitIntoConflictFreeBatches(kind, good), rejected, now };
  }

  /** Stores checked records, one transaction per conflict-free batch. */
  async store(checked: CheckedSignals, options: { actor: ActorReference }): Promise<IngestReport> {
    const actor = toActor(options.actor);
    let stored = 0;
    let updated = 0;
    // The first audit event counts the rejections of the whole batch.
    let unreported = checked.rejected.length;
    for (const batch of checked.batches) {
      const counts = await this.#write(checked, batch, unreported, actor);
      stored += counts.stored;
      updated += counts.updated;
      if (counts.stored + counts.updated > 0) unreported = 0;
    }
    return {
      stored,
      updated,
      duplicates: checked.good.length - stored - updated,
      rejected: checked.rejected,
    };
  }

  /** Returns the report of `store` without storing anything. */
  dryRun(checked: CheckedSignals, options: { actor: ActorReference }): Promise<IngestReport> {
    return this.#database.dryRun(() => this.store(checked, options));
  }

  #write(
    { kind, now }: CheckedSignals,
    signals: readonly Signal[],
    rejected: number,
    actor: Actor,
  ): Promise<WriteCounts> {
    if (!audited.has(kind)) {
      return this.#database.transaction((trx) => writeSignals(trx, kind, signals, now));
    }
    return this.#audit.change(actor, async (trx) => {
      const result = await writeSignals(trx, kind, signals, now);
      const agents = [...new Set(signals.map((signal) => signal.agent))].sort();
      const changed = result.stored + result.updated;
      return {
        result,
        record:
          changed === 0
            ? undefined
            : {
                kind: "signals.received",
                agent: agents.length === 1 ? agents[0] : undefined,
                object: kind,
                detail: { ...result, duplicates: signals.length - changed, rejected, agents },
              },
      };
    });
  }

  async #rolloutSplits(
    kind: SignalKind,
    signals: readonly Signal[],
  ): Promise<ReadonlyMap<string, RolloutSplit>> {
    if (kind !== "exposures" && kind !== "outcomes") return new Map();
    const ids = new Set((signals as (Exposure | Outcome)[]).map((signal) => signal.rollout_id));
    ids.delete("");
    return findRolloutSplits(this.#database.kysely, [...ids]);
  }
}

type Checked =
  | { readonly ok: true; readonly record: Signal }
  | { readonly ok: false; readonly fault: RecordFault };

/** Checks a parsed record's agent and rollout, and removes redacted values from its payload. */
function check(
  kind: SignalKind,
  signal: Signal,
  definitions: ReadonlyMap<string, AgentDefinition>,
  splits: ReadonlyMap<string, RolloutSplit>,
): Checked {
  const definition = definitions.get(signal.agent);
  if (definition === undefined) {
    return { ok: false, fault: unknownAgentFault(signal.agent, [...definitions.keys()]) };
  }
  if (kind === "exposures") return checkExposure(signal as Exposure, splits);
  if (kind === "outcomes") return checkOutcome(signal as Outcome, splits);
  const { redact } = definition;
  if (redact === undefined || !("payload" in signal) || signal.payload === undefined) {
    return { ok: true, record: signal };
  }
  return { ok: true, record: { ...signal, payload: redactPayload(signal.payload, redact) } as Signal };
}

function checkExposure(exposure: Exposure, splits: ReadonlyMap<string, RolloutSplit>): Checked {
  const split = splits.get(exposure.rollout_id);
  const fault = findRolloutFault(exposure, split);
  if (fault !== undefined || split === undefined) return { ok: false, fault: fault! };
  const arm = assignArmInRollout(split, exposure.unit_id, exposure.basis_points);
  if (arm === exposure.arm) return { ok: true, record: exposure };
  return {
    ok: false,
    fault: recordFault(
      "arm_mismatch",
      ["arm"],
      exposure.arm,
      `must be ${arm}, the arm that the rollout's salt assigns to this unit at ${exposure.basis_points} basis points; check that the switchboard uses this installation's config and that the unit id is unchanged`,
    ),
  };
}

function checkOutcome(outcome: Outcome, splits: ReadonlyMap<string, RolloutSplit>): Checked {
  const withArm = (arm: Arm): Checked => ({ ok: true, record: { ...outcome, arm } as Signal });
  if (outcome.rollout_id === "") return withArm("active");
  const split = splits.get(outcome.rollout_id);
  const fault = findRolloutFault(outcome, split);
  if (fault !== undefined || split === undefined) return { ok: false, fault: fault! };
  // If the unit has an exposure, the insert statement uses the exposure's arm instead.
  return withArm(assignArmInRollout(split, outcome.unit_id, findCurrentBasisPoints(split)));
}

function findRolloutFault(
  signal: Exposure | Outcome,
  split: RolloutSplit | undefined,
): RecordFault | undefined {
  if (split === undefined) {
    return recordFault(
      "unknown_rollout",
      ["rollout_id"],
      signal.rollout_id,
      "is not a rollout of this installation",
    );
  }
  if (split.agent !== signal.agent) {
    return recordFault(
      "agent_mismatch",
      ["agent"],
      signal.agent,
      `must be ${split.agent}, the agent of this rollout`,
    );
  }
  if (split.started_at === null) {
    return recordFault(
      "not_started",
      ["rollout_id"],
      signal.rollout_id,
      "is a rollout that has not started, so it has no units",
    );
  }
  return undefined;
}

/**
 * Splits records into batches in which no two have the same identity, since one statement cannot write a row twice. An
 * exact repetition of the preceding record of the same identity, the most frequent kind, is dropped.
 */
function splitIntoConflictFreeBatches(kind: SignalKind, signals: readonly Signal[]): Signal[][] {
  const first: Signal[] = [];
  const later: Signal[][] = [];
  const last = new Map<string, Signal>();
  /** Number of repetitions by identity; most identities have none. */
  const repeats = new Map<string, number>();
  for (const signal of signals) {
    const identity = toSignalIdentity(kind, signal);
    const before = last.get(identity);
    last.set(identity, signal);
    if (before === undefined) {
      first.push(signal);
      continue;
    }
    // Only computed for repeated identities, which are rare: it costs half as much as the check.
    if (canonicalJson(before) === canonicalJson(signal)) continue;
    const batch = repeats.get(identity) ?? 0;
    repeats.set(identity, batch + 1);
    const members = later[batch];
    if (members === undefined) later[batch] = [signal];
    else members.push(signal);
  }
  return first.length === 0 ? [] : [first, ...later];
}
