import type { Release, RestoredBundle } from "@relearn/contract";
import { toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { findNewestKnownGood, requireIntactBundle, setBundleStatus } from "../bundles/bundle-store.ts";
import type { Clock } from "../clock.ts";
import { RelearnError } from "../errors.ts";
import { withActive } from "../releases/release.ts";
import { lockRelease, removeBackup, updateRelease } from "../releases/release-store.ts";
import type { CommandOptions, RolloutService } from "./rollout-service.ts";

/** Rolls an agent back to the bundle before its active one. */
export class RollbackService {
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #rollouts: RolloutService;

  constructor(parts: { audit: AuditService; clock: Clock; agents: AgentService; rollouts: RolloutService }) {
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#rollouts = parts.rollouts;
  }

  /**
   * Rolls the active bundle back: a running rollout is rolled back; without one the newest backup becomes
   * active. Needs no approval. Throws `nothing_to_roll_back` if there is neither.
   */
  async rollback(agent: string, options: CommandOptions & { reason?: string }): Promise<RestoredBundle> {
    const { reason = "", ...rest } = options;
    await this.#agents.get(agent);
    const running = await this.#rollouts.running(agent);
    if (running !== undefined) {
      await this.#rollouts.command(running.rollout.rollout_id, { kind: "roll_back", reason }, rest);
      const { active_bundle_id } = await this.#rollouts.release(agent);
      return { agent, active_bundle_id, replaced_bundle_id: running.rollout.bundle_id };
    }
    return this.#audit.change(toActor(options.actor), async (trx) => {
      const now = this.#clock.now();
      const release = await lockRelease(trx, agent, now);
      const restored = await removeBackup(trx, agent, release.active_bundle_id);
      if (restored === undefined) {
        throw new RelearnError(
          "nothing_to_roll_back",
          `${agent} has no running rollout and no backup to roll back to: no bundle was replaced yet.`,
        );
      }
      await requireIntactBundle(trx, restored);
      const replaced = release.active_bundle_id;
      if (replaced !== null) await setBundleStatus(trx, replaced, "rolled_back", now);
      await setBundleStatus(trx, restored, "active", now);
      const lastKnownGood = (await findNewestKnownGood(trx, agent)) ?? null;
      const next: Release = { ...withActive(release, restored), last_known_good_bundle_id: lastKnownGood };
      if (!(await updateRelease(trx, next, now))) {
        throw new RelearnError(
          "stale_generation",
          `The release of ${agent} was changed at the same time. Read it again and repeat the request.`,
        );
      }
      await this.#rollouts.supersede(trx, agent, next, now);
      return {
        result: { agent, active_bundle_id: restored, replaced_bundle_id: replaced },
        record: {
          kind: "bundle.rolled_back",
          agent,
          object: restored,
          detail: { restored, replaced, reason },
        },
      };
    });
  }
}
