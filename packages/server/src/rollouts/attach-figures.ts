import type { RolloutWithApproval, VerdictFigures } from "@relearn/contract";
import type { StoredRollout } from "./rollout-store.ts";

/** Finds the figures of each rollout's newest analysis; rollouts without an analysis are absent. */
export type FindFigures = (rolloutIds: readonly string[]) => Promise<ReadonlyMap<string, VerdictFigures>>;

/** Returns rollouts as they are sent: with the id of the approval and the figures of the newest analysis. */
export async function attachFigures(
  stored: readonly StoredRollout[],
  findFigures: FindFigures,
): Promise<RolloutWithApproval[]> {
  const figures = await findFigures(stored.map(({ rollout }) => rollout.rollout_id));
  return stored.map(({ approval_id, rollout }) => ({
    approval_id,
    rollout,
    figures: figures.get(rollout.rollout_id) ?? null,
  }));
}
