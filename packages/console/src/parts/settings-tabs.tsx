import { Link, useRouterState } from "@tanstack/react-router";
import { NavTabs } from "./nav-tabs.tsx";

const tabs = [
  { to: "/settings/agents", name: "Agents" },
  { to: "/settings/policy", name: "Policy" },
  { to: "/settings/keys", name: "API keys" },
  { to: "/settings/notifications", name: "Notifications" },
  { to: "/settings/keyboard", name: "Keyboard and appearance" },
] as const;

export function SettingsTabs() {
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  return (
    <NavTabs label="Settings">
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} aria-current={pathname.startsWith(tab.to) ? "page" : undefined}>
          {tab.name}
        </Link>
      ))}
    </NavTabs>
  );
}
