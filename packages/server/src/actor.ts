import { userInfo } from "node:os";

/** Person or component that performs an action, and how its identity is known. */
export interface Actor {
  readonly name: string;
  /** `key`: proven by an API key or a session; `asserted`: claimed by the caller; `system`: Relearn itself. */
  readonly kind: "key" | "asserted" | "system";
}

/** Actor, or the name of a person that the caller asserts. */
export type ActorReference = Actor | string;

export function toActor(reference: ActorReference): Actor {
  return typeof reference === "string" ? { name: reference, kind: "asserted" } : reference;
}

/** Returns the actor for a component of Relearn, such as a job or the guard. */
export const systemActor = (part: string): Actor => ({ name: `relearn:${part}`, kind: "system" });

/** Returns the actor named by `--as`, else by `RELEARN_ACTOR`, else the user of the operating system. */
export function assertedActor(named: string | undefined, environment: NodeJS.ProcessEnv): Actor {
  return { name: named ?? environment["RELEARN_ACTOR"] ?? operatingSystemUser(), kind: "asserted" };
}

function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container can run under a user id without a name.
    return "unknown";
  }
}
