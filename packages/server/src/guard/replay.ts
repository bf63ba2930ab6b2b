import type { Receipt, ReplayDifference, Rollout, Verdict } from "@relearn/contract";
import { canonicalJson } from "../canonical-json.ts";
import { unreachable } from "../errors.ts";
import type { SplitCounts } from "../numerics/sample-ratio.ts";
import { decideStep } from "../rollouts/decide-step.ts";
import type { RolloutEvent } from "../rollouts/step.ts";
import { createReceipt, verifyReceipts } from "./receipt.ts";
import type { ArmWindows, BaselineDocument, EvidenceDocument } from "./rules/guard-rules.ts";
import { type MaturedUnit, toColumns } from "./rules/matured-units.ts";
import { getRulesVersion, type UnderRules } from "./rules/rules-version.ts";
import { findRules } from "./rules-registry.ts";

/** Journal of a rollout in order: every input, and the verdict of each analysis. */
export interface RolloutJournal {
  /** Rollout as it was proposed, generation 1. */
  readonly proposed: Rollout;
  readonly entries: readonly JournalEntry[];
  readonly receipts: readonly Receipt[];
}

export type JournalEntry =
  /** Command of a person or other event; everything but analyses. */
  | { readonly kind: "event"; readonly at: string; readonly event: RolloutEvent }
  /** Start of new evidence: with the first analysis after a start, or after resuming from an invalidating hold. */
  | {
      readonly kind: "evidence";
      /** Start of the stage's duration. */
      readonly at: string;
      readonly baseline: BaselineDocument;
      readonly judge_identity: string | null;
      readonly with_interval: boolean;
    }
  | (UnderRules & {
      readonly kind: "analysis";
      readonly at: string;
      /** Units that this analysis scored, with their probabilities. Batch borders follow from their counts. */
      readonly units: readonly MaturedUnit[];
      readonly assignments: readonly SplitCounts[];
      readonly window: ArmWindows | null;
      /** The specification's `threshold`, if one was given. */
      readonly threshold?: number;
      readonly active_digest: string | null;
      readonly judge_identity: string | null;
      readonly verdict: Verdict;
      /** False if made for a person's command, which is an entry of its own; true by default. */
      readonly acted?: boolean;
    });

export interface ReplayResult {
  /** No difference was found, in the verdicts or, if these were not replayed, in the chains. */
  readonly identical: boolean;
  /** The version of the guard's rules that the rollout runs under. */
  readonly rules: number;
  /** False if this version of Relearn does not have these rules any more, or not yet. */
  readonly verdicts_replayed: boolean;
  /** Says so, if the verdicts were not replayed: "verdicts not replayed: rules 7"; else null. */
  readonly note: string | null;
  readonly analyses: number;
  readonly transitions: number;
  readonly receipts: number;
  /** The first 20 at most. */
  readonly differences: readonly ReplayDifference[];
  /** The rollout as the replay left it; as it was proposed, if the verdicts were not replayed. */
  readonly rollout: Rollout;
}

const MAX_DIFFERENCES = 20;

/**
 * Replays every event and every analysis with the pure functions of the rollout's rules, and compares each verdict
 * and each receipt with the recorded one. If all are identical, the decisions follow from the journal, and neither
 * journal nor receipts were changed since. Costs as much as the analyses did.
 *
 * If the rules of the rollout are not in code, only the chain of receipts is verified, and the result has a note.
 *
 * @example
 * const replayed = replayRollout({ proposed: { rules: 7 }, entries: [], receipts: [] });
 * replayed.note // "verdicts not replayed: rules 7"  (rules that are not in code)
 */
export function replayRollout(journal: RolloutJournal): ReplayResult {
  const differences: ReplayDifference[] = [];
  const differ = (difference: ReplayDifference): void => {
    if (differences.length < MAX_DIFFERENCES) differences.push(difference);
  };
  const chain = verifyReceipts(journal.receipts);
  if (!chain.ok) {
    differ({
      in: "receipts",
      place: chain.place,
      pointer: "",
      recorded: null,
      replayed: null,
      reason: chain.reason,
    });
  }
  const version = getRulesVersion(journal.proposed);
  const rules = findRules(journal.proposed);
  if (rules === undefined) {
    // A rollout whose rules number was changed to avoid a replay contradicts its receipts.
    for (const [place, receipt] of journal.receipts.entries()) {
      const recorded = getRulesVersion(receipt);
      if (recorded === version) continue;
      const reason = `Receipt ${receipt.sequence} was written under rules ${recorded}; the rollout says rules ${version}.`;
      differ({ in: "receipts", place, pointer: "/rules", recorded, replayed: version, reason });
    }
    return {
      identical: differences.length === 0,
      rules: version,
      verdicts_replayed: false,
      note: `verdicts not replayed: rules ${version}`,
      analyses: journal.entries.filter((entry) => entry.kind === "analysis").length,
      transitions: 0,
      receipts: journal.receipts.length,
      differences,
      rollout: journal.proposed,
    };
  }
  let rollout = journal.proposed;
  let evidence: EvidenceDocument | null = null;
  let receipt: Receipt | null = null;
  let analyses = 0;
  let transitions = 0;
  let receipts = 0;

  const apply = (event: RolloutEvent, now: Date, place: number): void => {
    const step = decideStep(rollout, event, now);
    if (step.kind === "refused") {
      const reason = `The journal has "${event.kind}", which the state machine refuses: ${step.reason}`;
      differ({ in: "journal", place, pointer: "", recorded: event, replayed: null, reason });
    }
    if (step.kind !== "transition") return;
    transitions += 1;
    const written = createReceipt(rollout, step, evidence, receipt, now);
    if (written) {
      compareReceipt(journal.receipts[receipts], written, receipts, differ);
      receipt = written;
      receipts += 1;
    }
    rollout = step.next;
    for (const effect of step.effects) {
      if (effect.kind === "start_evidence") evidence = null;
      if (effect.kind === "enter_stage" && evidence) {
        evidence = rules.enterStage(evidence, rollout.policy, effect.stage, now);
      }
    }
  };

  for (const [place, entry] of journal.entries.entries()) {
    const now = new Date(entry.at);
    switch (entry.kind) {
      case "event":
        apply(entry.event, now, place);
        break;
      case "evidence": {
        const { baseline, judge_identity, with_interval } = entry;
        const { policy, attempt } = rollout;
        evidence = rules.startEvidence(
          { policy, stage: rollout.stage ?? 0, attempt, baseline, judge_identity, with_interval },
          now,
        );
        break;
      }
      case "analysis": {
        analyses += 1;
        evidence =
          evidence &&
          rules.addUnits(
            rules.withJudge(evidence, entry.judge_identity),
            toColumns(entry.units),
            entry.assignments,
            now,
          );
        if (getRulesVersion(entry) !== version) {
          const [recorded, replayed] = [getRulesVersion(entry), version];
          const reason = `The analysis of ${entry.at} was taken under rules ${recorded}; the rollout is under rules ${version}.`;
          differ({ in: "journal", place, pointer: "/rules", recorded, replayed, reason });
        }
        const { window, threshold, active_digest, judge_identity } = entry;
        const verdict = rules.analyze(
          { rollout, evidence, window, threshold, active_digest, judge_identity },
          now,
        );
        const difference = firstDifference(entry.verdict, verdict);
        if (difference) {
          const reason = `The analysis of ${entry.at} recorded "${entry.verdict.recommendation}" and replays to "${verdict.recommendation}"; they differ at ${difference.pointer || "the top"}.`;
          differ({ in: "journal", place, ...difference, reason });
        }
        if (entry.acted !== false) apply({ kind: "analysis", verdict }, now, place);
        break;
      }
      default:
        unreachable(entry);
    }
  }
  if (journal.receipts.length > receipts) {
    differ({
      in: "receipts",
      place: receipts,
      pointer: "",
      recorded: journal.receipts[receipts],
      replayed: null,
      reason: `There are ${journal.receipts.length} receipts; the journal leads to ${receipts}.`,
    });
  }
  return {
    identical: differences.length === 0,
    rules: version,
    verdicts_replayed: true,
    note: null,
    analyses,
    transitions,
    receipts,
    differences,
    rollout,
  };
}

function compareReceipt(
  recorded: Receipt | undefined,
  replayed: Receipt,
  place: number,
  differ: (difference: ReplayDifference) => void,
): void {
  if (recorded === undefined) {
    const reason = `The journal leads to receipt ${replayed.sequence} (${replayed.action}); there is none.`;
    differ({ in: "receipts", place, pointer: "", recorded: null, replayed, reason });
    return;
  }
  const difference = firstDifference(recorded, replayed);
  if (!difference) return;
  const reason = `Receipt ${recorded.sequence} (${recorded.action}) is not what the journal leads to: it differs at ${difference.pointer || "the top"}.`;
  differ({ in: "receipts", place, ...difference, reason });
}

/**
 * Finds the first place, members in order of name, at which two documents differ; undefined if they are the same.
 *
 * @example
 * firstDifference({ units: [1, 2] }, { units: [1, 3] }) // { pointer: "/units/1", recorded: 2, replayed: 3 }
 * firstDifference({ units: 1 }, { units: 1 }) // undefined
 */
export function firstDifference(
  recorded: unknown,
  replayed: unknown,
  pointer = "",
): { pointer: string; recorded: unknown; replayed: unknown } | undefined {
  if (isBranch(recorded) && isBranch(replayed) && Array.isArray(recorded) === Array.isArray(replayed)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(replayed)])].sort();
    for (const name of names) {
      const found = firstDifference(recorded[name], replayed[name], `${pointer}/${name}`);
      if (found) return found;
    }
    return undefined;
  }
  const isSame = recorded === replayed || toText(recorded) === toText(replayed);
  return isSame ? undefined : { pointer, recorded: recorded ?? null, replayed: replayed ?? null };
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function toText(value: unknown): string {
  return value === undefined ? "" : canonicalJson(value);
}
