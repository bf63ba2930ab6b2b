/** A switchboard config in the canary stage over two bundles that answer alike or not, for tests. */
import type { LogisticModelDocument } from "./bundle-document.ts";
import type { SwitchboardBundle, SwitchboardConfig } from "./switchboard-config.ts";

/** One feature, `risk`; quarantine above `boundary`. */
function riskModel(boundary: number): LogisticModelDocument {
  return {
    model_type: "LogisticRegression",
    classes: ["safe", "quarantine"],
    feature_names: ["risk"],
    scaler: { mean: [boundary], scale: [10] },
    coef: [[2]],
    intercept: [0],
    calibration: null,
  };
}

export function riskBundle(bundleId: string, boundary: number): SwitchboardBundle {
  return {
    bundle_id: bundleId,
    digest: `digest-of-${bundleId}`,
    config: {
      features: [{ name: "risk", path: "risk", kind: "number", default: 0, min: 0, max: 100 }],
      positive: "quarantine",
      model: riskModel(boundary),
      thresholds: { risk_score_threshold: boundary },
    },
  };
}

export const canaryConfig: SwitchboardConfig = {
  agent: "inbox_triage",
  generation: 3,
  salt: "salt-1",
  canary_basis_points: 5000,
  holdback_basis_points: 0,
  kill_switch: false,
  rollout_id: "r_1",
  active: riskBundle("b_active", 50),
  canary: riskBundle("b_canary", 30),
  defaults: { thresholds: { risk_score_threshold: 65 }, label: "safe" },
  generated_at: "2026-11-23T00:00:00Z",
};
