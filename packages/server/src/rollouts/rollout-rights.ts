import type { Right } from "@relearn/contract";
import type { Actor } from "../actor.ts";
import type { RolloutRight } from "./step.ts";

/** The state machine's rights that each right of a principal stands for. */
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

/** Who acts on a rollout, and with which of the state machine's rights. */
export function rolloutActor(principal: { readonly actor: Actor; readonly rights: ReadonlySet<Right> }) {
  return { actor: principal.actor, rights: rolloutRights(principal.rights) };
}
