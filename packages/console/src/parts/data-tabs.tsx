import { Link, useRouterState } from "@tanstack/react-router";

const tabs = [
  { to: "/data/examples", name: "Examples" },
  { to: "/data/sources", name: "Sources" },
  { to: "/data/conflicts", name: "Conflicts" },
  { to: "/data/growth", name: "Growth" },
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
    <nav className="tabs" aria-label="Data">
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
    </nav>
  );
}
