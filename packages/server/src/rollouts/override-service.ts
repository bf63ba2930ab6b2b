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

/** Overrides of a waiting gate or of the four-eyes rule, and their reviews afterwards. */
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
   * Records the review of an override. Under four eyes, the person who overrode may not review it: throws
   * `self_approval`. Throws `already_so` if the override was reviewed before.
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
        throw new RelearnError("self_approval", "You made this override. Someone else must review it.");
      }
      const { finding, notes } = review;
      if (!(await settleOverride(trx, act, { by: actor.name, finding, notes }, this.#clock.now()))) {
        throw new RelearnError(
          "already_so",
          `${act.reviewed_by ?? "Someone else"} has reviewed this override already.`,
        );
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

  /** Lists overrides: the open ones first, the oldest of them first; then the reviewed ones, newest review first. */
  list(
    filter: { agent?: string | undefined; open?: boolean | undefined },
    limit: number,
  ): Promise<RolloutOverride[]> {
    return listOverrides(this.#database.kysely, filter, limit);
  }
}
