import type { ChangedSetting, RolloutPolicy, SettingDocument } from "@relearn/contract";
import { type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { canonicalJson } from "../canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import {
  agentOfKey,
  findSettingDefinition,
  globalSettings,
  INSTALLED_AT,
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

/** What an installation decides for itself. It trusts its caller to have checked the right to decide it. */
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

  /** Every global setting and every agent's rollout policy, set or not. */
  async list(): Promise<SettingDocument[]> {
    const stored = new Map((await listSettings(this.#database.kysely)).map((row) => [row.key, row]));
    const agents = await this.#agents.list();
    const keys = [
      ...Object.keys(globalSettings),
      ...agents.map((agent) => rolloutPolicyKey(agent.definition.name)),
    ];
    return keys.map((key) => toDocument(key, stored.get(key)));
  }

  /** The setting as it stands; throws `not_found` for a key there is not, `unknown_agent` for an agent. */
  async get(key: string, executor: Executor = this.#database.kysely): Promise<SettingDocument> {
    await this.#requireKey(key, executor);
    return toDocument(key, await findSetting(executor, key));
  }

  /** Sets it, with an audit event that has the value before and after. */
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

  /** Takes a setting back, so that the default holds again. */
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

  /** The IANA time zone of the daily jobs. */
  async timeZone(executor: Executor = this.#database.kysely): Promise<string> {
    const stored = await findSetting(executor, "time_zone");
    return stored === undefined ? globalSettings.time_zone.default : (stored.value as string);
  }

  /** Where people reach the service; null where nobody has said. */
  async publicUrl(executor: Executor = this.#database.kysely): Promise<string | null> {
    return ((await findSetting(executor, "public_url"))?.value as string | undefined) ?? null;
  }

  async fourEyes(executor: Executor = this.#database.kysely): Promise<boolean> {
    const stored = await findSetting(executor, "four_eyes");
    return stored === undefined ? globalSettings.four_eyes.default : (stored.value as boolean);
  }

  /**
   * The policy that a new rollout of the agent follows: the defaults, four eyes as the installation has it,
   * and in place of both what the agent's own policy says.
   */
  async rolloutPolicy(agent: string, executor: Executor = this.#database.kysely): Promise<RolloutPolicy> {
    const own = (await findSetting(executor, rolloutPolicyKey(agent)))?.value as
      | RolloutPolicyOverrides
      | undefined;
    return rolloutPolicy({ four_eyes: await this.fourEyes(executor), ...own });
  }

  /** Writes down when the installation was made, the first time; returns it. */
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
    const agent = agentOfKey(key);
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
  return { kind, agent: agentOfKey(key), object: key, detail: { from, to } };
}
