import type { BundleDocument, SwitchboardBundle, SwitchboardConfig } from "@relearn/client";
import type { AgentDefinition, Release } from "@relearn/contract";

/** What the agent's own process decides from, out of the release and its bundles. Pure: the same in, the same out. */
export function switchboardConfig(
  definition: AgentDefinition,
  release: Release,
  bundles: ReadonlyMap<string, BundleDocument>,
  now: Date,
): SwitchboardConfig {
  const handedOut = (bundleId: string | null): SwitchboardBundle | null => {
    const bundle = bundleId === null ? undefined : bundles.get(bundleId);
    if (bundle === undefined) return null;
    const { features, positive, model, thresholds } = bundle;
    return {
      bundle_id: bundle.bundle_id,
      digest: bundle.digest,
      config: { features, positive, model, thresholds },
    };
  };
  return {
    agent: definition.name,
    generation: release.generation,
    salt: release.salt,
    canary_basis_points: release.canary_basis_points,
    holdback_basis_points: release.holdback_basis_points,
    kill_switch: release.kill_switch,
    rollout_id: release.rollout_id,
    active: handedOut(release.active_bundle_id),
    canary: handedOut(release.canary_bundle_id),
    holdback: handedOut(release.holdback_bundle_id),
    defaults: { thresholds: defaultThresholds(definition) },
    generated_at: now.toISOString(),
  };
}

function defaultThresholds(definition: AgentDefinition): Record<string, number> {
  return Object.fromEntries(
    (definition.thresholds ?? []).map((threshold) => [
      threshold.name,
      "constant" in threshold ? threshold.constant : threshold.fallback,
    ]),
  );
}
