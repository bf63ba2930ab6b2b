import type { Right } from "@relearn/contract";
import type { Actor } from "../actor.ts";
import type { RolloutRight } from "./step.ts";

/** Rights of the state machine that each right of a principal includes. */
const granted: Partial<Record<Right, readonly RolloutRight[]>> = {
  read: ["read"],
  propose: ["propose"],
  approve: ["approve"],
  release: ["release"],
  roll_back: ["abort", "roll_back"],
  override: ["override"],
};

export function rolloutRights(rights: ReadonlySet<Right>): RolloutRight[] {
  return [...rights].flatMap((right) => granted[right] ?? []);
}

/** Returns the principal as the actor of a rollout command, with its rights in the state machine. */
export function rolloutActor(principal: { readonly actor: Actor; readonly rights: ReadonlySet<Right> }) {
  return { actor: principal.actor, rights: rolloutRights(principal.rights) };
}
