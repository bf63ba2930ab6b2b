/** What somebody may do; each route states the one it needs. */
export type Right =
  /** See everything but secrets. */
  | "read"
  /** Send signals, exposures and outcomes; fetch the switchboard's config. */
  | "signal"
  /** Label review items, settle conflicts. */
  | "label"
  /** Train, propose. */
  | "propose"
  /** Approve or reject what somebody else proposed; answer where a rollout waits for a person. */
  | "approve"
  /** Start the release of what was approved, widen it as the guard advises. */
  | "release"
  /** Pause or end a canary, roll back, kill switch: taking back is quick, so more people may. */
  | "roll_back"
  /** Widen against a waiting gate, deploy in full, break glass. */
  | "override"
  /** Run jobs, feeds, pause, import, erase. */
  | "operate"
  /** Agents and settings. */
  | "administer"
  /** Make and revoke keys, end other people's sessions. */
  | "manage_keys";

export const roles = ["viewer", "agent", "reviewer", "approver", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

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
