import type { Rollout } from "@relearn/contract";
import { type RawBuilder, sql } from "kysely";
import { MINUTE_MS } from "../clock.ts";
import { assignmentProbability } from "./assignment-probability.ts";

/**
 * Returns the canary's share as clients report it in the current stage: 10,000 at 100 %, where the holdback is a
 * separate value.
 */
export function stageBasisPoints(rollout: Rollout): number {
  return rollout.stage === rollout.policy.stages.length - 1 ? 10_000 : rollout.percent * 100;
}

/** Last exposure of a unit in an earlier stage, as `joinEarlierExposure` selects it; null for a new unit. */
export interface EarlierExposure {
  readonly earlier_arm: "active" | "canary" | "holdback" | null;
  readonly earlier_basis_points: number | null;
}

/** Returns the probability of the canary arm; see `assignmentProbability`. */
export function toProbability(
  percent: number,
  { earlier_arm, earlier_basis_points }: EarlierExposure,
): number | null {
  if (earlier_arm === null || earlier_basis_points === null) return assignmentProbability(percent, null);
  return assignmentProbability(percent, {
    arm: earlier_arm === "canary" ? "canary" : "active",
    percent: earlier_basis_points / 100,
  });
}

/**
 * Returns SQL that joins the last exposure of the unit of `row` in an earlier stage as `earlier`. In the first stage
 * of a rollout nothing is read. With `few` the units are looked up one by one; with `all` the exposures before the
 * stage are read once.
 */
export function joinEarlierExposure(
  rollout: Rollout,
  row: RawBuilder<unknown>,
  howMany: "few" | "all",
): RawBuilder<unknown> {
  if (rollout.stage === 0)
    return sql`cross join (select null::text as arm, null::int as basis_points) earlier`;
  if (howMany === "all")
    return sql`
    left join (
      select distinct on (p.unit_id) p.unit_id, p.arm, p.basis_points from exposures p
       where p.rollout_id = ${rollout.rollout_id} and p.basis_points <> ${stageBasisPoints(rollout)}
       order by p.unit_id, p.last_at desc) earlier on earlier.unit_id = ${row}.unit_id`;
  return sql`
    left join lateral (
      select p.arm, p.basis_points from exposures p
       where p.unit_id = ${row}.unit_id and p.rollout_id = ${rollout.rollout_id}
         and p.basis_points <> ${stageBasisPoints(rollout)}
       order by p.last_at desc limit 1) earlier on true`;
}

/** Longer than any write takes between setting the time of a row and committing it. */
export const RECEIPT_SLACK_MS = 10 * MINUTE_MS;
