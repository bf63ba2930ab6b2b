import type { DecisionConfig } from "./bundle-document.ts";
import { checkDecisionConfig } from "./check-model.ts";
import { finite, flag, record, text, whole } from "./document-fields.ts";
import { InvalidDocumentError } from "./invalid-document-error.ts";

/** A bundle as the switchboard hands it out: its name and what decides, without evaluation and provenance. */
export interface SwitchboardBundle {
  readonly bundle_id: string;
  /** The bundle's digest; it covers the whole bundle, of which `config` is a part. */
  readonly digest: string;
  readonly config: DecisionConfig;
}

/** What the agent does while no bundle decides: its definition's own thresholds. */
export interface SwitchboardDefaults {
  readonly thresholds: Readonly<Record<string, number>>;
  /** The class to answer, where the definition has one for this case. */
  readonly label?: string | undefined;
}

/**
 * What one agent's switchboard decides from: the answer of `GET /v1/agents/{agent}/switchboard`, whose ETag
 * changes when anything but `generated_at` does.
 *
 * What a unit is served follows from its arm (`assign-arm.ts`): canary → `canary`, or `active` where that is
 * null; holdback → `holdback`, or `active` where that is null; active → `active`. So in the stage full, where
 * the canary's bundle has become active: `canary_basis_points` 10000, `active` the new bundle, `canary` null,
 * `holdback` the former one while `holdback_basis_points` of the traffic keep it.
 */
export interface SwitchboardConfig {
  readonly agent: string;
  /** Counts the transitions of the rollout; grows with each. */
  readonly generation: number;
  /** The rollout's own salt; empty where there is no rollout. */
  readonly salt: string;
  readonly canary_basis_points: number;
  readonly holdback_basis_points: number;
  /** Everything active, at once. */
  readonly kill_switch: boolean;
  readonly rollout_id: string | null;
  readonly active: SwitchboardBundle | null;
  readonly canary: SwitchboardBundle | null;
  readonly holdback?: SwitchboardBundle | null;
  readonly defaults: SwitchboardDefaults;
  /** ISO 8601 UTC. */
  readonly generated_at: string;
}

/**
 * Reads a switchboard config from outside: every part is one that can decide. InvalidDocumentError with the
 * path of the first fault. Fields it does not know are left alone, so that a newer server can add some.
 */
export function parseSwitchboardConfig(input: unknown): SwitchboardConfig {
  const config = record(input, "switchboard");
  text(config["agent"], "agent");
  whole(config["generation"], 0, Number.MAX_SAFE_INTEGER, "generation");
  if (typeof config["salt"] !== "string") throw new InvalidDocumentError("salt", "must be a string.");
  const canaryShare = whole(config["canary_basis_points"], 0, 10_000, "canary_basis_points");
  whole(config["holdback_basis_points"], 0, 10_000, "holdback_basis_points");
  flag(config["kill_switch"], "kill_switch");
  if (config["rollout_id"] !== null) text(config["rollout_id"], "rollout_id");
  const active = checkBundle(config["active"], "active");
  const canary = checkBundle(config["canary"], "canary");
  checkBundle(config["holdback"] ?? null, "holdback");
  if (canaryShare > 0 && canaryShare < 10_000 && canary === null) {
    throw new InvalidDocumentError(
      "canary",
      `is null while canary_basis_points is ${canaryShare}: there is nothing to serve that share with.`,
    );
  }
  if (canaryShare > 0 && (config["rollout_id"] === null || config["salt"] === "")) {
    throw new InvalidDocumentError(
      "rollout_id",
      `and salt must be given while canary_basis_points is ${canaryShare}.`,
    );
  }
  if (canaryShare === 10_000 && canary === null && active === null) {
    throw new InvalidDocumentError(
      "active",
      "and canary are both null while everything is to be served one.",
    );
  }
  checkDefaults(config["defaults"]);
  text(config["generated_at"], "generated_at");
  return input as SwitchboardConfig;
}

function checkBundle(input: unknown, at: string): SwitchboardBundle | null {
  if (input === null) return null;
  const bundle = record(input, at);
  text(bundle["bundle_id"], `${at}.bundle_id`);
  text(bundle["digest"], `${at}.digest`);
  checkDecisionConfig(bundle["config"], `${at}.config`);
  return input as SwitchboardBundle;
}

function checkDefaults(input: unknown): void {
  const defaults = record(input, "defaults");
  for (const [name, value] of Object.entries(record(defaults["thresholds"], "defaults.thresholds"))) {
    finite(value, `defaults.thresholds.${name}`);
  }
  if (defaults["label"] !== undefined) text(defaults["label"], "defaults.label");
}
