import { Link, useRouterState } from "@tanstack/react-router";
import { NavTabs } from "./nav-tabs.tsx";

const tabs = [
  { to: "/data/examples", name: "Examples" },
  { to: "/data/sources", name: "Sources" },
  { to: "/data/conflicts", name: "Conflicts" },
  { to: "/data/learning", name: "Learning curve" },
  { to: "/data/imports", name: "Import" },
] as const;

export function DataTabs() {
  const { pathname, agent } = useRouterState({
    select: ({ location }) => ({
      pathname: location.pathname,
      agent: (location.search as { agent?: string }).agent,
    }),
    structuralSharing: true,
  });
  return (
    <NavTabs label="Data">
      {tabs.map((tab) => (
        <Link
          key={tab.to}
          to={tab.to}
          search={agent === undefined ? {} : { agent }}
          aria-current={pathname.startsWith(tab.to) ? "page" : undefined}
        >
          {tab.name}
        </Link>
      ))}
    </NavTabs>
  );
}
