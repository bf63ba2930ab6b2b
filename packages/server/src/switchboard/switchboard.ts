import type { BundleDocument, SwitchboardBundle, SwitchboardConfig } from "@relearn/client";
import type { AgentDefinition, Release } from "@relearn/contract";

/** Creates the config from which the agent's process decides, from the release and its bundles. Pure function. */
export function createSwitchboardConfig(
  definition: AgentDefinition,
  release: Release,
  bundles: ReadonlyMap<string, BundleDocument>,
  now: Date,
): SwitchboardConfig {
  const toSwitchboardBundle = (bundleId: string | null): SwitchboardBundle | null => {
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
    active: toSwitchboardBundle(release.active_bundle_id),
    canary: toSwitchboardBundle(release.canary_bundle_id),
    holdback: toSwitchboardBundle(release.holdback_bundle_id),
    defaults: { thresholds: getDefaultThresholds(definition) },
    generated_at: now.toISOString(),
  };
}

function getDefaultThresholds(definition: AgentDefinition): Record<string, number> {
  return Object.fromEntries(
    (definition.thresholds ?? []).map((threshold) => [
      threshold.name,
      "constant" in threshold ? threshold.constant : threshold.fallback,
    ]),
  );
}
