import type { Right, Role } from "@relearn/contract";
import { rights } from "@relearn/contract/values";

/** Rights of each role. */
export const rightsByRole: Readonly<Record<Role, readonly Right[]>> = {
  viewer: ["read"],
  agent: ["signal"],
  reviewer: ["read", "label"],
  approver: ["read", "label", "propose", "approve", "release", "roll_back"],
  operator: ["read", "signal", "label", "propose", "release", "roll_back", "operate"],
  admin: rights,
};

/**
 * Rights of a command on the machine that holds the data: those of an operator, and managing keys, so that the
 * first key can be created and a lost one replaced. Approving, overriding and settings require a personal key
 * once keys exist; otherwise four-eyes approval could be bypassed by asserting another name.
 */
export const machineRights: readonly Right[] = [...rightsByRole.operator, "manage_keys"];
