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
import { armInRollout, findCurrentBasisPoints, type RolloutSplit } from "./exposure-arm.ts";
import { type Exposure, type Outcome, parseSignal, type Signal, signalIdentity } from "./signal.ts";
import { findRolloutSplits, type WriteCounts, writeSignals } from "./signal-store.ts";

/** The good records of a batch, in groups that a statement can write, and why each of the others is none. */
export interface CheckedSignals {
  readonly kind: SignalKind;
  readonly good: readonly Signal[];
  readonly batches: readonly (readonly Signal[])[];
  readonly rejected: readonly Rejection[];
  readonly now: Date;
}

/** Records a transaction: few enough that no lock is held long (a tenth of a second), many enough to be fast. */
const CHUNK = 5000;

/**
 * Signals of people are state that somebody answers for, so their arrival stands in the audit log; what
 * agents and judges report comes by the thousand a minute and is its own record.
 */
const audited: ReadonlySet<SignalKind> = new Set(["approvals", "feedback", "gold"]);

/** Takes signals in. It trusts its caller to have checked the right to send them. */
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
   * Stores the good records of a batch and says why each of the others is not. The same batch again changes
   * nothing. Five thousand records are one transaction; killed in between, the batch is sent again.
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

  /** The first half of `ingest`, for at most five thousand records: reads and checks them, and stores nothing. */
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

  /** The second half of `ingest`: stores what was checked, in one transaction. */
  async store(checked: CheckedSignals, options: { actor: ActorReference }): Promise<IngestReport> {
    const actor = toActor(options.actor);
    let stored = 0;
    let updated = 0;
    // The first event that is written tells of the whole batch's rejections.
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

  /** What `store` would come to; nothing is stored. */
  rehearse(checked: CheckedSignals, options: { actor: ActorReference }): Promise<IngestReport> {
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

/** A parsed record against the installation: its agent, its rollout; and without what must not be stored. */
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
  const fault = faultOfRollout(exposure, split);
  if (fault !== undefined || split === undefined) return { ok: false, fault: fault! };
  const arm = armInRollout(split, exposure.unit_id, exposure.basis_points);
  if (arm === exposure.arm) return { ok: true, record: exposure };
  return {
    ok: false,
    fault: recordFault(
      "arm_mismatch",
      ["arm"],
      exposure.arm,
      `must be ${arm}: that is where the rollout's salt puts this unit at ${exposure.basis_points} basis points. Is the switchboard's config another one, or the unit id changed on its way?`,
    ),
  };
}

function checkOutcome(outcome: Outcome, splits: ReadonlyMap<string, RolloutSplit>): Checked {
  const withArm = (arm: Arm): Checked => ({ ok: true, record: { ...outcome, arm } as Signal });
  if (outcome.rollout_id === "") return withArm("active");
  const split = splits.get(outcome.rollout_id);
  const fault = faultOfRollout(outcome, split);
  if (fault !== undefined || split === undefined) return { ok: false, fault: fault! };
  // The arm of the unit's exposure, where there is one, goes before this; the statement looks it up.
  return withArm(armInRollout(split, outcome.unit_id, findCurrentBasisPoints(split)));
}

function faultOfRollout(
  signal: Exposure | Outcome,
  split: RolloutSplit | undefined,
): RecordFault | undefined {
  if (split === undefined) {
    return recordFault(
      "unknown_rollout",
      ["rollout_id"],
      signal.rollout_id,
      "is no rollout of this installation",
    );
  }
  if (split.agent !== signal.agent) {
    return recordFault(
      "agent_mismatch",
      ["agent"],
      signal.agent,
      `must be ${split.agent}, whose rollout this is`,
    );
  }
  if (split.started_at === null) {
    return recordFault(
      "not_started",
      ["rollout_id"],
      signal.rollout_id,
      "is a rollout that was never started, so no unit can have met it",
    );
  }
  return undefined;
}

/**
 * The records in groups within which no two have the same identity, since one statement cannot write a row
 * twice; a record that repeats its predecessor word for word is left out, which is what most repeats are.
 */
function splitIntoConflictFreeBatches(kind: SignalKind, signals: readonly Signal[]): Signal[][] {
  const first: Signal[] = [];
  const later: Signal[][] = [];
  const last = new Map<string, Signal>();
  /** Of the identities that came more than once, how often; most have none. */
  const repeats = new Map<string, number>();
  for (const signal of signals) {
    const identity = signalIdentity(kind, signal);
    const before = last.get(identity);
    last.set(identity, signal);
    if (before === undefined) {
      first.push(signal);
      continue;
    }
    // Written out only where two have one identity, which few have: it costs as much as half of the check.
    if (canonicalJson(before) === canonicalJson(signal)) continue;
    const batch = repeats.get(identity) ?? 0;
    repeats.set(identity, batch + 1);
    const members = later[batch];
    if (members === undefined) later[batch] = [signal];
    else members.push(signal);
  }
  return first.length === 0 ? [] : [first, ...later];
}
