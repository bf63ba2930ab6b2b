import type { RolloutOverride } from "@relearn/contract";
import { toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { findOverride, listOverrides, settleOverride } from "./override-store.ts";
import type { CommandOptions } from "./rollout-service.ts";
import { requireRollout } from "./rollout-store.ts";
import { everyRight } from "./step.ts";

/** Acts against a waiting gate or against four eyes, and the look that somebody takes at them afterwards. */
export class OverrideService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;

  constructor(database: Database, audit: AuditService, clock: Clock) {
    this.#database = database;
    this.#audit = audit;
    this.#clock = clock;
  }

  /**
   * Writes down what somebody found who looked at an act against a gate or against four eyes afterwards.
   * Not whoever did it, where four eyes are asked for. Throws `already_so` where somebody has looked already.
   */
  async review(
    rolloutId: string,
    generation: number,
    review: { readonly finding: "upheld" | "objected"; readonly notes: string },
    options: CommandOptions,
  ): Promise<RolloutOverride> {
    const actor = toActor(options.actor);
    if (!(options.rights ?? everyRight).includes("approve")) {
      throw new RelearnError("lacks_right", `${actor.name} lacks the right "approve".`);
    }
    return this.#audit.change(actor, async (trx) => {
      const { rollout } = await requireRollout(trx, rolloutId);
      const act = await findOverride(trx, rolloutId, generation);
      if (act === undefined) {
        throw new RelearnError(
          "not_found",
          `Generation ${generation} of ${rolloutId} was no override. \`relearn rollouts overrides\` lists them.`,
        );
      }
      if (rollout.policy.four_eyes && act.actor === actor.name) {
        throw new RelearnError("self_approval", "This was your own act. Someone else must look at it.");
      }
      const { finding, notes } = review;
      if (!(await settleOverride(trx, act, { by: actor.name, finding, notes }, this.#clock.now()))) {
        throw new RelearnError("already_so", `${act.reviewed_by ?? "Somebody"} has looked at this already.`);
      }
      return {
        result: (await findOverride(trx, rolloutId, generation)) ?? act,
        record: {
          kind: "rollout.override_reviewed",
          agent: act.agent,
          object: rolloutId,
          detail: { generation, about: act.about, finding, notes },
        },
      };
    });
  }

  /** Newest first. */
  list(
    filter: { agent?: string | undefined; open?: boolean | undefined },
    limit: number,
  ): Promise<RolloutOverride[]> {
    return listOverrides(this.#database.kysely, filter, limit);
  }
}
