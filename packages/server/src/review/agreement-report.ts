/** Agreement among the reviewers of an agent, and the figures of each reviewer. */
import type { AgreementReport, PairAgreement } from "@relearn/contract";
import { computeCohenKappa } from "../numerics/cohen-kappa.ts";
import { krippendorffAlpha } from "../numerics/krippendorff-alpha.ts";
import { median } from "../numerics/median.ts";
import { estimateAccuracies } from "./crowd-accuracy.ts";

export interface ReviewerLabel {
  readonly item_id: number;
  readonly reviewer: string;
  readonly label: string;
  readonly final_label: string | null;
  readonly seconds: number | null;
}

/** Reports the agreement on the items that several people labeled, by pair of reviewers and by reviewer. */
export function createAgreementReport(
  agent: string,
  labels: readonly ReviewerLabel[],
  skips: Readonly<Record<string, number>>,
): AgreementReport {
  const items = new Map<number, ReviewerLabel[]>();
  for (const label of labels) {
    const list = items.get(label.item_id);
    if (list === undefined) items.set(label.item_id, [label]);
    else list.push(label);
  }
  const shared = [...items.values()].filter((list) => list.length > 1);
  const accuracies = estimateAccuracies(labels);
  const names = [...new Set([...labels.map((label) => label.reviewer), ...Object.keys(skips)])].sort();
  return {
    agent,
    labels: labels.length,
    shared_items: shared.length,
    krippendorff_alpha: krippendorffAlpha(shared.map((list) => list.map((one) => one.label))),
    pairs: listPairs(shared),
    reviewers: Object.fromEntries(
      names.map((name) => {
        const own = labels.filter((label) => label.reviewer === name);
        const settled = own.filter(
          (label) => label.final_label !== null && items.get(label.item_id)!.length > 1,
        );
        return [
          name,
          {
            labels: own.length,
            skips: Object.hasOwn(skips, name) ? skips[name]! : 0,
            shared: settled.length,
            agreeing: settled.filter((label) => label.label === label.final_label).length,
            kappa: computeCohenKappa(
              settled.map((label) => label.label),
              settled.map((label) => label.final_label!),
            ),
            estimated_accuracy: accuracies.get(name) ?? null,
            median_seconds: median(own.flatMap((label) => label.seconds ?? [])),
          },
        ];
      }),
    ),
  };
}

function listPairs(shared: readonly (readonly ReviewerLabel[])[]): PairAgreement[] {
  const pairs = new Map<string, { reviewers: [string, string]; first: string[]; second: string[] }>();
  for (const list of shared) {
    const ordered = [...list].sort((a, b) => (a.reviewer < b.reviewer ? -1 : 1));
    ordered.forEach((one, index) => {
      for (const other of ordered.slice(index + 1)) {
        const key = JSON.stringify([one.reviewer, other.reviewer]);
        const pair = pairs.get(key) ?? { reviewers: [one.reviewer, other.reviewer], first: [], second: [] };
        pair.first.push(one.label);
        pair.second.push(other.label);
        pairs.set(key, pair);
      }
    });
  }
  return [...pairs.values()].map(({ reviewers, first, second }) => ({
    reviewers,
    items: first.length,
    agreement: first.filter((label, index) => label === second[index]).length / first.length,
    kappa: computeCohenKappa(first, second),
  }));
}
