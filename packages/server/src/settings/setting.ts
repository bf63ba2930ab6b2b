import type { RolloutPolicy, SettingDocument } from "@relearn/contract";
import { rolloutPolicyOverridesSchema } from "@relearn/contract";
import { defaultRolloutPolicy } from "@relearn/contract/values";
import { RelearnError } from "../errors.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import { isTimeZone } from "./time-zone.ts";

/** Members of a rollout policy in place of the default ones. */
export type RolloutPolicyOverrides = Partial<RolloutPolicy>;

interface Setting {
  readonly description: string;
  readonly default: SettingDocument["default"];
  /** Where the value stands in place of parts: the whole that it changes. */
  readonly whole?: SettingDocument["default"];
  /** Checks a value from outside; throws `invalid_input` or `invalid_policy`. */
  parse(key: string, value: unknown): unknown;
}

const ROLLOUT_POLICY_PREFIX = "rollout_policy.";

export const rolloutPolicyKey = (agent: string): string => `${ROLLOUT_POLICY_PREFIX}${agent}`;

/** The agent whose rollout policy the key holds, or undefined for any other key. */
export function agentOfKey(key: string): string | undefined {
  return key.startsWith(ROLLOUT_POLICY_PREFIX) ? key.slice(ROLLOUT_POLICY_PREFIX.length) : undefined;
}

/** The settings of the whole installation; each agent has a `rollout_policy.{agent}` besides. */
export const globalSettings = {
  time_zone: {
    description: "IANA time zone of the daily jobs: 2, 3, 4 and 5 o'clock there",
    default: "UTC",
    parse: parseTimeZone,
  },
  four_eyes: {
    description: "Who proposed a bundle may not approve it",
    default: true,
    parse: parseSwitch,
  },
  public_url: {
    description: "Address under which people reach the service, for the links in notifications",
    default: null,
    parse: parsePublicUrl,
  },
} as const satisfies Record<string, Setting>;

/** Kept in the same table, set by Relearn alone: when the installation was made. */
export const INSTALLED_AT = "installed_at";

const rolloutPolicySetting: Setting = {
  description: "Members of the agent's rollout policy in place of the defaults",
  default: {},
  whole: defaultRolloutPolicy,
  parse: parseRolloutPolicy,
};

/** What stands under a key, or throws `not_found` with the keys there are. */
export function findSettingDefinition(key: string): Setting {
  if (Object.hasOwn(globalSettings, key)) return globalSettings[key as keyof typeof globalSettings];
  if (agentOfKey(key)) return rolloutPolicySetting;
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
  const isFine = url?.protocol === "https:" || url?.protocol === "http:";
  if (url !== undefined && isFine && url.username === "" && url.search === "" && url.hash === "") {
    return url.href.replace(/\/+$/, "");
  }
  throw refused(key, value, "an address such as https://relearn.example.org, without query or fragment");
}

function parseSwitch(key: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw refused(key, value, "true or false");
}

function parseRolloutPolicy(key: string, value: unknown): RolloutPolicyOverrides {
  const parsed = rolloutPolicyOverridesSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`);
    throw new RelearnError("invalid_policy", `The setting ${key} is refused: ${faults.join("; ")}.`, {
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
    `The setting ${key} cannot be ${JSON.stringify(value)}: give ${accepted}.`,
    { details: { key, value } },
  );
}
