import { type ActorReference, toActor } from "../actor.ts";
import { SECOND_MS } from "../clock.ts";
import { LEASE_MS } from "./review-item.ts";

export interface LeaseOptions {
  readonly actor: ActorReference;
  /** Duration of the lease; ten minutes by default. */
  readonly leaseSeconds?: number | undefined;
  /** True by default. False: the item comes with the judges' verdicts, and the answer counts as not blind. */
  readonly blind?: boolean | undefined;
}

export interface NewLease {
  readonly reviewer: string;
  readonly now: Date;
  readonly expiresAt: Date;
  readonly blind: boolean;
}

/** Creates the lease of `options.actor` that starts at `now`. */
export function createLease(options: LeaseOptions, now: Date): NewLease {
  const duration = options.leaseSeconds === undefined ? LEASE_MS : options.leaseSeconds * SECOND_MS;
  return {
    reviewer: toActor(options.actor).name,
    now,
    expiresAt: new Date(now.getTime() + duration),
    blind: options.blind ?? true,
  };
}
