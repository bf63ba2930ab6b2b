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
  /** Approve or reject what somebody else proposed. */
  | "approve"
  /** Start a release, widen, pause it. */
  | "release"
  /** End a canary, roll back, kill switch: taking back is quick, so more people may. */
  | "roll_back"
  /** Widen against a waiting gate, deploy in full, break glass. */
  | "override"
  /** Run jobs, feeds, pause, import, erase. */
  | "operate"
  /** Agents, keys, policies. */
  | "administer";

export type Role = "viewer" | "agent" | "reviewer" | "approver" | "operator" | "admin";

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
  ],
};
