import type { JsonObject } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";

interface GuardAnalyses {
  readonly analyses: readonly {
    readonly agent: string;
    readonly verdict: { readonly recommendation: string };
    readonly rollout: { readonly rollout_id: string; readonly state: string; readonly percent: number };
    readonly changed: boolean;
  }[];
  readonly failures: readonly { readonly agent: string; readonly error: string }[];
}

/** Converts the analyses of all running rollouts to the result of a run. Throws if an analysis failed. */
export function toGuardJobResult({ analyses, failures }: GuardAnalyses): JsonObject {
  if (failures.length > 0) {
    throw new RelearnError(
      "internal",
      `The analysis failed for ${failures.map(({ agent, error }) => `${agent}: ${error}`).join("; ")}. ${analyses.length} others were analyzed.`,
    );
  }
  return {
    checked: analyses.length,
    analyses: analyses.map(({ agent, verdict, rollout, changed }) => ({
      agent,
      rollout_id: rollout.rollout_id,
      recommendation: verdict.recommendation,
      state: rollout.state,
      percent: rollout.percent,
      changed,
    })),
  };
}
