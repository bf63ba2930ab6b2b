/**
 * Replays a stored rollout from its journal alone and compares the result with what is stored. The journal consists
 * of the proposal, the events, the units that each analysis scored and the frozen baselines; compared are the verdicts,
 * the receipts, the rollout, and the hashes in the audit log.
 */
import type {
  Receipt,
  ReplayDifference,
  Rollout,
  RolloutJournalEntry,
  StoredReplay,
} from "@relearn/contract";
import { listAuditEvents } from "../audit/audit-store.ts";
import type { Database } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { findRollout, readJournal } from "../rollouts/rollout-store.ts";
import type { RolloutEvent } from "../rollouts/step.ts";
import type { StoredAnalysis } from "./analysis-records.ts";
import { listAnalyses } from "./analysis-store.ts";
import { listEpochs } from "./evidence-store.ts";
import { listReceipts } from "./receipt-store.ts";
import { firstDifference, type JournalEntry, replayRollout } from "./replay.ts";
import { getRulesVersion, toRulesMember } from "./rules/rules-version.ts";
import { readScoredUnits } from "./scored-units-store.ts";

/** Bound of the audit events of one rollout; far more than its transitions. */
const MAX_AUDIT_EVENTS = 10_000;

export class ReplayService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  receipts(rolloutId: string): Promise<Receipt[]> {
    return listReceipts(this.#database.kysely, rolloutId);
  }

  /** Replays a rollout. Throws `unknown_rollout`; every other fault is a difference in the result. */
  async replay(rolloutId: string): Promise<StoredReplay> {
    // One snapshot: an analysis that commits meanwhile must be seen as a whole or not at all.
    return this.#database.readSnapshot(async (trx) => {
      const stored = await findRollout(trx, rolloutId);
      if (stored === undefined) {
        throw new RelearnError(
          "unknown_rollout",
          `There is no rollout "${rolloutId}". \`relearn rollouts list\` lists them.`,
        );
      }
      const events = await readJournal(trx, rolloutId);
      const analyses = await listAnalyses(trx, rolloutId);
      const receipts = await listReceipts(trx, rolloutId);
      const epochs = new Map((await listEpochs(trx, rolloutId)).map((epoch) => [epoch.epoch, epoch]));
      const { proposed, faults } = findProposal(stored.rollout, events);

      let units = 0;
      const entries: JournalEntry[] = [];
      const startedEpochs = new Set<number>();
      const addAnalyses = async (generation: number): Promise<void> => {
        for (const analysis of analyses.filter((one) => one.inputs?.generation === generation)) {
          const epoch = epochs.get(analysis.epoch);
          if (!startedEpochs.has(analysis.epoch)) {
            startedEpochs.add(analysis.epoch);
            if (epoch === undefined) {
              faults.push(
                fault("journal", `The beginning of epoch ${analysis.epoch}'s evidence is missing.`),
              );
            } else {
              const { began_at: at, epoch: _epoch, ...beginning } = epoch;
              entries.push({ kind: "evidence", at, ...beginning });
            }
          }
          const scored = await readScoredUnits(trx, rolloutId, analysis.epoch, analysis.analysis);
          if (scored.length !== analysis.units) {
            faults.push(
              fault(
                "journal",
                `Analysis ${analysis.analysis} of epoch ${analysis.epoch} scored ${analysis.units} units; ${scored.length} are there.`,
              ),
            );
          }
          units += scored.length;
          entries.push(toAnalysisEntry(analysis, scored));
        }
      };
      let expected = 1;
      for (const entry of events) {
        if (entry.sequence !== expected) {
          faults.push(
            fault("journal", `Entry ${expected} of the journal is missing; the next is ${entry.sequence}.`),
          );
        }
        expected = entry.sequence + 1;
        // Analyses are replayed from their inputs, so their events are left out here.
        if (entry.kind !== "propose" && entry.kind !== "analysis") {
          entries.push({ kind: "event", at: entry.at, event: entry.detail["event"] as RolloutEvent });
        }
        await addAnalyses(entry.sequence);
      }
      const lost = analyses.filter((analysis) => analysis.inputs === null);
      if (lost.length > 0) {
        faults.push(fault("journal", `${lost.length} analyses have no record of their inputs.`));
      }

      const replayed = replayRollout({ proposed, entries, receipts });
      const end = replayed.verdicts_replayed
        ? firstDifference(stored.rollout, replayed.rollout)
        : firstDifference(getRulesVersion(stored.rollout), replayed.rules, "/rules");
      if (end !== undefined) {
        const reason = `The rollout as it stands is not what its journal leads to: they differ at ${end.pointer || "the top"}.`;
        faults.push({ in: "rollout", place: 0, ...end, reason });
      }
      const audited = await listAuditEvents(trx, { object: rolloutId }, { limit: MAX_AUDIT_EVENTS });
      faults.push(...receiptsAgainstAudit(receipts, audited));
      const differences = [...replayed.differences, ...faults];
      return {
        ...replayed,
        ...(replayed.verdicts_replayed ? {} : { rollout: stored.rollout }),
        rollout_id: rolloutId,
        units,
        identical: differences.length === 0,
        differences: differences.slice(0, 20),
      };
    });
  }
}

function fault(where: ReplayDifference["in"], reason: string, place = 0): ReplayDifference {
  return { in: where, place, pointer: "", recorded: null, replayed: null, reason };
}

/** Returns the rollout as it was proposed; if the journal lacks the proposal, the stored rollout takes its place. */
function findProposal(
  rollout: Rollout,
  events: readonly RolloutJournalEntry[],
): { proposed: Rollout; faults: ReplayDifference[] } {
  const first = events.find((entry) => entry.kind === "propose");
  const proposed = first?.detail["rollout"] as Rollout | undefined;
  return proposed === undefined
    ? { proposed: rollout, faults: [fault("journal", "The journal does not say what was proposed.")] }
    : { proposed, faults: [] };
}

function toAnalysisEntry(
  analysis: StoredAnalysis,
  units: Extract<JournalEntry, { kind: "analysis" }>["units"],
): JournalEntry {
  const { at, assignments, verdict, inputs } = analysis;
  return {
    kind: "analysis",
    ...toRulesMember(getRulesVersion(inputs ?? {})),
    at,
    units,
    assignments,
    verdict,
    window: inputs?.window ?? null,
    ...(inputs?.threshold == null ? {} : { threshold: inputs.threshold }),
    active_digest: inputs?.active_digest ?? null,
    judge_identity: inputs?.judge_identity ?? null,
    acted: inputs?.acted ?? true,
  };
}

/** Compares the receipts with their hashes in the audit log, which a rewritten chain of receipts does not match. */
function receiptsAgainstAudit(
  receipts: readonly Receipt[],
  events: readonly { readonly detail: Readonly<Record<string, unknown>> }[],
): ReplayDifference[] {
  const recorded = new Set(events.flatMap(({ detail }) => detail["receipt_hash"] ?? []));
  const hashes = new Set<unknown>(receipts.map((receipt) => receipt.hash));
  const unknown = receipts.findIndex((receipt) => !recorded.has(receipt.hash));
  const differences: ReplayDifference[] = [];
  if (unknown >= 0) {
    differences.push(
      fault("audit", `The audit log knows no receipt with the hash of receipt ${unknown + 1}.`, unknown),
    );
  }
  const missing = [...recorded].find((hash) => !hashes.has(hash));
  if (missing !== undefined) {
    differences.push(
      fault("audit", `The audit log names a receipt, ${String(missing).slice(0, 12)}…, that is not there.`),
    );
  }
  return differences;
}
