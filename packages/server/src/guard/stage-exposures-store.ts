import type { Rollout } from "@relearn/contract";
import { type RawBuilder, sql } from "kysely";
import { MINUTE_MS } from "../clock.ts";
import { assignmentProbability } from "./assignment-probability.ts";

/**
 * The canary's share as clients report it in the present stage. At 100 % they are told 10,000 and a holdback
 * beside it.
 */
export function stageBasisPoints(rollout: Rollout): number {
  return rollout.stage === rollout.policy.stages.length - 1 ? 10_000 : rollout.percent * 100;
}

/** The probability of the canary arm, as SQL, from the unit's last exposure in an earlier stage; see `assignmentProbability`. */
export interface EarlierExposure {
  readonly earlier_arm: "active" | "canary" | "holdback" | null;
  readonly earlier_basis_points: number | null;
}

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
 * Joins the last exposure of the unit of `row` in an earlier stage as `earlier`. In a rollout's first stage
 * there is none, and nobody looks for one. `howMany`: `few` units are looked up one by one, for `all` of a
 * stage what came before it is read once.
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

/** Longer than any write may take between stamping a row and committing it. */
export const RECEIPT_SLACK_MS = 10 * MINUTE_MS;
