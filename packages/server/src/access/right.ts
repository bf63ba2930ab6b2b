import type { Right, Role } from "@relearn/contract";

/** The rights of each role. */
export const rightsByRole: Readonly<Record<Role, readonly Right[]>> = {
  viewer: ["read"],
  agent: ["signal"],
  reviewer: ["read", "label"],
  approver: ["read", "label", "propose", "approve", "release", "roll_back"],
  operator: ["read", "signal", "label", "propose", "release", "roll_back", "operate"],
  admin: [
    "read",
    "signal",
    "label",
    "propose",
    "approve",
    "release",
    "roll_back",
    "override",
    "operate",
    "administer",
    "manage_keys",
  ],
};

/**
 * Of whoever runs a command on the machine that holds the data: an operator's rights, and keys, so that the
 * first key can be made and a lost one replaced. Approving, overriding and settings take a person's own key
 * once there are keys: four eyes would otherwise be a matter of typing another name.
 */
export const machineRights: readonly Right[] = [...rightsByRole.operator, "manage_keys"];
