import type { JsonObject } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";

interface GuardLooks {
  readonly looks: readonly {
    readonly agent: string;
    readonly verdict: { readonly recommendation: string };
    readonly rollout: { readonly rollout_id: string; readonly state: string; readonly percent: number };
    readonly changed: boolean;
  }[];
  readonly failures: readonly { readonly agent: string; readonly error: string }[];
}

/** What a look at every running rollout leaves in the history. Throws when the look at one failed. */
export function guardJobResult({ looks, failures }: GuardLooks): JsonObject {
  if (failures.length > 0) {
    throw new RelearnError(
      "internal",
      `The look failed for ${failures.map(({ agent, error }) => `${agent}: ${error}`).join("; ")}. ${looks.length} others were looked at.`,
    );
  }
  return {
    checked: looks.length,
    looks: looks.map(({ agent, verdict, rollout, changed }) => ({
      agent,
      rollout_id: rollout.rollout_id,
      recommendation: verdict.recommendation,
      state: rollout.state,
      percent: rollout.percent,
      changed,
    })),
  };
}
