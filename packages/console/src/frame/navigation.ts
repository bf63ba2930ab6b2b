export interface Place {
  readonly to: string;
  readonly name: string;
  /** A line stands above it. */
  readonly apart?: boolean;
}

export const places: readonly Place[] = [
  { to: "/", name: "Overview" },
  { to: "/approvals", name: "Approvals" },
  { to: "/bundles", name: "Bundles", apart: true },
  { to: "/audit", name: "Audit", apart: true },
  { to: "/settings/agents", name: "Settings" },
];
