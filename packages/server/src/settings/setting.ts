import { type RolloutPolicy, rolloutPolicyOverridesSchema, type SettingDocument } from "@relearn/contract";
import { defaultRolloutPolicy } from "@relearn/contract/values";
import { RelearnError } from "../errors.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import { isTimeZone } from "./time-zone.ts";

/** Members of a rollout policy that override the defaults. */
export type RolloutPolicyOverrides = Partial<RolloutPolicy>;

interface Setting {
  readonly description: string;
  readonly default: SettingDocument["default"];
  /** The document whose members the value overrides, if it is partial. */
  readonly whole?: SettingDocument["default"];
  /** Validates a value; throws `invalid_input` or `invalid_policy`. */
  parse(key: string, value: unknown): unknown;
}

const ROLLOUT_POLICY_PREFIX = "rollout_policy.";

export const rolloutPolicyKey = (agent: string): string => `${ROLLOUT_POLICY_PREFIX}${agent}`;

/** Returns the agent of a rollout policy's key, or undefined for any other key. */
export function parseAgentKey(key: string): string | undefined {
  return key.startsWith(ROLLOUT_POLICY_PREFIX) ? key.slice(ROLLOUT_POLICY_PREFIX.length) : undefined;
}

/** Settings of the installation. Each agent also has a setting `rollout_policy.{agent}`. */
export const globalSettings = {
  time_zone: {
    description: "IANA time zone of the daily jobs, which run at 02:00, 03:00, 04:00 and 05:00",
    default: "UTC",
    parse: parseTimeZone,
  },
  four_eyes: {
    description: "Whether the proposer of a bundle is not allowed to approve it",
    default: true,
    parse: parseSwitch,
  },
  public_url: {
    description: "Public URL of the service, for the links in notifications",
    default: null,
    parse: parsePublicUrl,
  },
} as const satisfies Record<string, Setting>;

/** Key of the time of installation; stored in the same table, but set by Relearn only. */
export const INSTALLED_AT = "installed_at";

const rolloutPolicySetting: Setting = {
  description: "Members of the agent's rollout policy that override the defaults",
  default: {},
  whole: defaultRolloutPolicy,
  parse: parseRolloutPolicy,
};

/** Returns the definition of a setting. Throws `not_found` with the valid keys. */
export function findSettingDefinition(key: string): Setting {
  if (Object.hasOwn(globalSettings, key)) return globalSettings[key as keyof typeof globalSettings];
  if (parseAgentKey(key)) return rolloutPolicySetting;
  throw new RelearnError(
    "not_found",
    `There is no setting "${key}". The settings are ${Object.keys(globalSettings).join(", ")} and rollout_policy.AGENT.`,
    { details: { key } },
  );
}

function parseTimeZone(key: string, value: unknown): string {
  if (typeof value === "string" && isTimeZone(value)) return value;
  throw refused(key, value, "the IANA name of a time zone, such as UTC, Europe/Berlin or America/New_York");
}

function parsePublicUrl(key: string, value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  if (url !== undefined && isHttp && url.username === "" && url.search === "" && url.hash === "") {
    return url.href.replace(/\/+$/, "");
  }
  throw refused(key, value, "a URL such as https://relearn.example.org, without query or fragment");
}

function parseSwitch(key: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw refused(key, value, "true or false");
}

function parseRolloutPolicy(key: string, value: unknown): RolloutPolicyOverrides {
  const parsed = rolloutPolicyOverridesSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${issue.path.join(".") || "(root)"}: ${issue.message}`,
    );
    throw new RelearnError("invalid_policy", `Invalid value for the setting ${key}: ${faults.join("; ")}.`, {
      details: { key, faults },
    });
  }
  const overrides: RolloutPolicyOverrides = withoutUndefined(parsed.data);
  rolloutPolicy(overrides);
  return overrides;
}

function withoutUndefined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]: Exclude<Fields[Name], undefined>;
  };
}

function refused(key: string, value: unknown, accepted: string): RelearnError {
  return new RelearnError(
    "invalid_input",
    `The setting ${key} cannot be ${JSON.stringify(value)}; give ${accepted}.`,
    { details: { key, value } },
  );
}
