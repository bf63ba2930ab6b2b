import type { ChangedSetting, RolloutPolicy, SettingDocument } from "@relearn/contract";
import { type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { canonicalJson } from "../canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import {
  findSettingDefinition,
  globalSettings,
  INSTALLED_AT,
  parseAgentKey,
  type RolloutPolicyOverrides,
  rolloutPolicyKey,
} from "./setting.ts";
import {
  deleteSetting,
  findSetting,
  listSettings,
  lockSetting,
  type StoredSetting,
  writeSetting,
  writeSettingOnce,
} from "./settings-store.ts";

/** Reads and changes the settings. The caller must have checked the right to change them. */
export class SettingsService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #agents: AgentService;
  readonly #clock: Clock;

  constructor(database: Database, audit: AuditService, agents: AgentService, clock: Clock) {
    this.#database = database;
    this.#audit = audit;
    this.#agents = agents;
    this.#clock = clock;
  }

  /** Returns every global setting and every agent's rollout policy, set or not. */
  async list(): Promise<SettingDocument[]> {
    const stored = new Map((await listSettings(this.#database.kysely)).map((row) => [row.key, row]));
    const agents = await this.#agents.list();
    const keys = [
      ...Object.keys(globalSettings),
      ...agents.map((agent) => rolloutPolicyKey(agent.definition.name)),
    ];
    return keys.map((key) => toDocument(key, stored.get(key)));
  }

  /** Returns a setting. Throws `not_found` for an unknown key, `unknown_agent` for an unknown agent. */
  async get(key: string, executor: Executor = this.#database.kysely): Promise<SettingDocument> {
    await this.#requireKey(key, executor);
    return toDocument(key, await findSetting(executor, key));
  }

  /** Sets a setting and records the old and the new value in the audit log. */
  async set(key: string, value: unknown, options: { actor: ActorReference }): Promise<ChangedSetting> {
    const actor = toActor(options.actor);
    return this.#audit.change<ChangedSetting>(actor, async (trx) => {
      await this.#requireKey(key, trx);
      const next = findSettingDefinition(key).parse(key, value);
      const before = await lockSetting(trx, key);
      if (before !== undefined && canonicalJson(before.value) === canonicalJson(next)) {
        return { result: { setting: toDocument(key, before), changed: false } };
      }
      const now = this.#clock.now();
      await writeSetting(trx, { key, value: next, updatedBy: actor.name }, now);
      return {
        result: { setting: toDocument(key, await findSetting(trx, key)), changed: true },
        record: changeRecord("setting.changed", key, before?.value ?? null, next),
      };
    });
  }

  /** Resets a setting to its default. */
  async reset(key: string, options: { actor: ActorReference }): Promise<ChangedSetting> {
    return this.#audit.change(toActor(options.actor), async (trx) => {
      await this.#requireKey(key, trx);
      const before = await lockSetting(trx, key);
      const changed = await deleteSetting(trx, key);
      return {
        result: { setting: toDocument(key, undefined), changed },
        record: changed ? changeRecord("setting.reset", key, before?.value ?? null, null) : undefined,
      };
    });
  }

  /** Returns the IANA time zone of the daily jobs. */
  async timeZone(executor: Executor = this.#database.kysely): Promise<string> {
    const stored = await findSetting(executor, "time_zone");
    return stored === undefined ? globalSettings.time_zone.default : (stored.value as string);
  }

  /** Returns the public URL of the service, or null if it is not set. */
  async publicUrl(executor: Executor = this.#database.kysely): Promise<string | null> {
    return ((await findSetting(executor, "public_url"))?.value as string | undefined) ?? null;
  }

  /** Returns whether four-eyes approval is on. */
  async fourEyes(executor: Executor = this.#database.kysely): Promise<boolean> {
    const stored = await findSetting(executor, "four_eyes");
    return stored === undefined ? globalSettings.four_eyes.default : (stored.value as boolean);
  }

  /**
   * Returns the policy of a new rollout of the agent: the defaults, overridden by the four-eyes setting of the
   * installation, overridden by the agent's own policy.
   */
  async rolloutPolicy(agent: string, executor: Executor = this.#database.kysely): Promise<RolloutPolicy> {
    const own = (await findSetting(executor, rolloutPolicyKey(agent)))?.value as
      | RolloutPolicyOverrides
      | undefined;
    return rolloutPolicy({ four_eyes: await this.fourEyes(executor), ...own });
  }

  /** Returns the time of installation; stores it at the first call. */
  async installedAt(executor: Executor = this.#database.kysely): Promise<Date> {
    const found = await findSetting(executor, INSTALLED_AT);
    if (found !== undefined) return new Date(found.value as string);
    const now = this.#clock.now();
    const stored = await writeSettingOnce(
      executor,
      { key: INSTALLED_AT, value: now.toISOString(), updatedBy: systemActor("installation").name },
      now,
    );
    return new Date(stored as string);
  }

  async #requireKey(key: string, executor: Executor): Promise<void> {
    findSettingDefinition(key);
    const agent = parseAgentKey(key);
    if (agent !== undefined) await this.#agents.get(agent, executor);
  }
}

function toDocument(key: string, stored: StoredSetting | undefined): SettingDocument {
  const { description, default: value, whole = value } = findSettingDefinition(key);
  return stored === undefined
    ? { key, value, default: whole, is_default: true, updated_by: null, updated_at: null, description }
    : {
        key,
        value: stored.value as SettingDocument["value"],
        default: whole,
        is_default: false,
        updated_by: stored.updated_by,
        updated_at: stored.updated_at.toISOString(),
        description,
      };
}

function changeRecord(kind: string, key: string, from: unknown, to: unknown) {
  return { kind, agent: parseAgentKey(key), object: key, detail: { from, to } };
}
