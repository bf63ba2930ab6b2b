import { Link, useRouterState } from "@tanstack/react-router";

const tabs = [
  { to: "/settings/agents", name: "Agents" },
  { to: "/settings/policy", name: "Policy" },
  { to: "/settings/keys", name: "Keys" },
  { to: "/settings/notifications", name: "Notifications" },
  { to: "/settings/keyboard", name: "Keyboard and colours" },
] as const;

export function SettingsTabs() {
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  return (
    <nav className="tabs" aria-label="Settings">
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} aria-current={pathname.startsWith(tab.to) ? "page" : undefined}>
          {tab.name}
        </Link>
      ))}
    </nav>
  );
}
