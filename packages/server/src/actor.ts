import { userInfo } from "node:os";

/** Who did something, and how far that is known. */
export interface Actor {
  readonly name: string;
  /** `key`: proven by an API key or a sign-in; `asserted`: the caller says so; `system`: Relearn itself. */
  readonly kind: "key" | "asserted" | "system";
}

/** A bare name is a person whom the caller asserts. */
export type ActorReference = Actor | string;

export function toActor(reference: ActorReference): Actor {
  return typeof reference === "string" ? { name: reference, kind: "asserted" } : reference;
}

/** Relearn acting by itself: jobs, the guard. */
export const systemActor = (part: string): Actor => ({ name: `relearn:${part}`, kind: "system" });

/** `--as`, else `RELEARN_ACTOR`, else the operating system's user. */
export function assertedActor(named: string | undefined, environment: NodeJS.ProcessEnv): Actor {
  return { name: named ?? environment["RELEARN_ACTOR"] ?? operatingSystemUser(), kind: "asserted" };
}

function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return "unknown";
  }
}
