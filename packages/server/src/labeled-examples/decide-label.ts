import type { AddedAs, ExampleDraft } from "./labeled-example.ts";

/** A person's settlement of an earlier conflict about the same record. */
export interface SettledConflict {
  readonly kept_label: string;
  readonly offered_label: string;
  readonly state: "kept_old" | "took_new";
  readonly settled_at: Date;
}

/**
 * Compares a draft with the current example of the same record: the same label is a duplicate, another one a conflict. A
 * draft that a person has already decided against, and that is not newer than that decision, is a duplicate, so that a
 * repeated import of an old file does not ask the person again.
 */
export function decideLabel(
  currentLabel: string,
  draft: Pick<ExampleDraft, "label" | "created_at">,
  settled: readonly SettledConflict[],
): Exclude<AddedAs, "stored"> {
  if (draft.label === currentLabel) return "duplicate";
  const newest = settled
    .filter((one) => {
      const [winner, loser] =
        one.state === "kept_old" ? [one.kept_label, one.offered_label] : [one.offered_label, one.kept_label];
      return winner === currentLabel && loser === draft.label;
    })
    .reduce((latest, one) => Math.max(latest, one.settled_at.getTime()), Number.NEGATIVE_INFINITY);
  const given = draft.created_at === null ? Number.NEGATIVE_INFINITY : Date.parse(draft.created_at);
  return newest > Number.NEGATIVE_INFINITY && given <= newest ? "duplicate" : "conflict";
}
