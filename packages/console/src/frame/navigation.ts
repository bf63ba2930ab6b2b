export interface Place {
  readonly to: string;
  readonly name: string;
  /** A line stands above it. */
  readonly apart?: boolean;
}

export const places: readonly Place[] = [
  { to: "/", name: "Overview" },
  { to: "/review", name: "Review" },
  { to: "/approvals", name: "Approvals" },
  { to: "/rollouts", name: "Rollouts" },
  { to: "/data/examples", name: "Data", apart: true },
  { to: "/bundles", name: "Bundles" },
  { to: "/judges", name: "Judges" },
  { to: "/jobs", name: "Jobs", apart: true },
  { to: "/audit", name: "Audit" },
  { to: "/settings/agents", name: "Settings" },
];
