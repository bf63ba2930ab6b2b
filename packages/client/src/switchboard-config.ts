import type { DecisionConfig } from "./bundle-document.ts";
import { checkDecisionConfig } from "./check-model.ts";
import { readFinite, readFlag, readRecord, readText, readWhole } from "./document-fields.ts";
import { InvalidDocumentError } from "./invalid-document-error.ts";

/** A bundle in a switchboard config: its id and the decision config, without evaluation and provenance. */
export interface SwitchboardBundle {
  readonly bundle_id: string;
  /** Digest of the whole bundle, of which `config` is a part. */
  readonly digest: string;
  readonly config: DecisionConfig;
}

/** Defaults of the agent definition, used while no bundle decides. */
export interface SwitchboardDefaults {
  readonly thresholds: Readonly<Record<string, number>>;
  /** Class to decide for, if the definition has one for this case. */
  readonly label?: string | undefined;
}

/**
 * Config of one agent's switchboard: the answer of `GET /v1/agents/{agent}/switchboard`, whose ETag
 * changes when anything but `generated_at` does.
 *
 * The bundle of a unit follows from its arm (`assign-arm.ts`): canary → `canary`, or `active` if that is null; holdback →
 * `holdback`, or `active` if that is null; active → `active`. In the stage full, when the canary's bundle has become
 * active: `canary_basis_points` 10000, `active` the new bundle, `canary` null,
 * `holdback` the previous one while `holdback_basis_points` of the traffic keep it.
 */
export interface SwitchboardConfig {
  readonly agent: string;
  /** Number of transitions of the rollout. */
  readonly generation: number;
  /** Salt of the rollout; empty if there is no rollout. */
  readonly salt: string;
  readonly canary_basis_points: number;
  readonly holdback_basis_points: number;
  /** True if all units get the active bundle. */
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
 * Validates a switchboard config. Throws `InvalidDocumentError` with the path of the first fault. Ignores unknown fields, so
 * that a newer server can add some.
 */
export function parseSwitchboardConfig(input: unknown): SwitchboardConfig {
  const config = readRecord(input, "switchboard");
  readText(config["agent"], "agent");
  readWhole(config["generation"], 0, Number.MAX_SAFE_INTEGER, "generation");
  if (typeof config["salt"] !== "string") throw new InvalidDocumentError("salt", "must be a string.");
  const canaryShare = readWhole(config["canary_basis_points"], 0, 10_000, "canary_basis_points");
  readWhole(config["holdback_basis_points"], 0, 10_000, "holdback_basis_points");
  readFlag(config["kill_switch"], "kill_switch");
  if (config["rollout_id"] !== null) readText(config["rollout_id"], "rollout_id");
  const active = checkBundle(config["active"], "active");
  const canary = checkBundle(config["canary"], "canary");
  checkBundle(config["holdback"] ?? null, "holdback");
  if (canaryShare > 0 && canaryShare < 10_000 && canary === null) {
    throw new InvalidDocumentError(
      "canary",
      `is null while canary_basis_points is ${canaryShare}: a bundle is needed for that share.`,
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
      "and canary are both null although all traffic is canary: one of them is needed.",
    );
  }
  checkDefaults(config["defaults"]);
  readText(config["generated_at"], "generated_at");
  return input as SwitchboardConfig;
}

function checkBundle(input: unknown, at: string): SwitchboardBundle | null {
  if (input === null) return null;
  const bundle = readRecord(input, at);
  readText(bundle["bundle_id"], `${at}.bundle_id`);
  readText(bundle["digest"], `${at}.digest`);
  checkDecisionConfig(bundle["config"], `${at}.config`);
  return input as SwitchboardBundle;
}

function checkDefaults(input: unknown): void {
  const defaults = readRecord(input, "defaults");
  for (const [name, value] of Object.entries(readRecord(defaults["thresholds"], "defaults.thresholds"))) {
    readFinite(value, `defaults.thresholds.${name}`);
  }
  if (defaults["label"] !== undefined) readText(defaults["label"], "defaults.label");
}
