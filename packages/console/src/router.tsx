import { createRootRoute, createRoute, createRouter, Link, redirect } from "@tanstack/react-router";
import { Gate } from "./access/gate.tsx";
import { pageProgram } from "./page-program.ts";
import { Page } from "./parts/page.tsx";
import { Problem } from "./parts/problem.tsx";
import { Loading } from "./parts/region.tsx";

type Search = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;

/** The named members of an address's search, those that are text. */
const texts =
  <const Name extends string>(...names: Name[]) =>
  (search: Search): { [Key in Name]?: string } =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = text(search[name]);
        return value === undefined ? [] : [[name, value]];
      }),
    ) as { [Key in Name]?: string };

const root = createRootRoute({
  component: Gate,
  notFoundComponent: () => (
    <Page title="Page not found">
      <p>
        There is no page at this address. <Link to="/">Overview</Link>
      </p>
    </Page>
  ),
  errorComponent: ({ error, reset }) => (
    <Page title="Page failed">
      <Problem
        what="Unexpected error"
        error={error instanceof Error ? error : new Error(String(error))}
        onRetry={reset}
      />
    </Page>
  ),
});

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    validateSearch: texts("agent"),
    component: pageProgram(() => import("./pages/overview-page.tsx"), "OverviewPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/review",
    validateSearch: texts("agent", "view"),
    component: pageProgram(() => import("./pages/review-page.tsx"), "ReviewPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/review/$item",
    component: pageProgram(() => import("./pages/review-item-page.tsx"), "ReviewItemPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/approvals",
    validateSearch: texts("agent", "status"),
    component: pageProgram(() => import("./pages/approvals-page.tsx"), "ApprovalsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/approvals/$id",
    component: pageProgram(() => import("./pages/approval-page.tsx"), "ApprovalPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/bundles",
    validateSearch: texts("agent", "status"),
    component: pageProgram(() => import("./pages/bundles-page.tsx"), "BundlesPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/bundles/compare",
    validateSearch: texts("from", "to"),
    component: pageProgram(() => import("./pages/compare-page.tsx"), "ComparePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/bundles/$id",
    component: pageProgram(() => import("./pages/bundle-page.tsx"), "BundlePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/bundles/$id/explain",
    component: pageProgram(() => import("./pages/explain-page.tsx"), "ExplainPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/audit",
    validateSearch: texts("agent", "actor", "kind", "object"),
    component: pageProgram(() => import("./pages/audit-page.tsx"), "AuditPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/rollouts",
    validateSearch: texts("agent"),
    component: pageProgram(() => import("./pages/rollouts-page.tsx"), "RolloutsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/rollouts/$id",
    validateSearch: texts("metric"),
    component: pageProgram(() => import("./pages/rollout-page.tsx"), "RolloutPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/jobs",
    validateSearch: texts("agent"),
    component: pageProgram(() => import("./pages/jobs-page.tsx"), "JobsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/jobs/$run",
    component: pageProgram(() => import("./pages/job-run-page.tsx"), "JobRunPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/data/examples",
    validateSearch: texts("agent", "source", "label", "key"),
    component: pageProgram(() => import("./pages/examples-page.tsx"), "ExamplesPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/data/sources",
    validateSearch: texts("agent"),
    component: pageProgram(() => import("./pages/sources-page.tsx"), "SourcesPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/data/conflicts",
    validateSearch: texts("agent"),
    component: pageProgram(() => import("./pages/conflicts-page.tsx"), "ConflictsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/data/learning",
    validateSearch: texts("agent", "source", "days"),
    component: pageProgram(() => import("./pages/learning-page.tsx"), "LearningPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/data/imports",
    validateSearch: texts("agent", "kind"),
    component: pageProgram(() => import("./pages/imports-page.tsx"), "ImportsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/data/imports/$id",
    component: pageProgram(() => import("./pages/import-page.tsx"), "ImportPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/judges",
    validateSearch: texts("agent"),
    component: pageProgram(() => import("./pages/judges-page.tsx"), "JudgesPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/judges/$id",
    validateSearch: texts("of", "label", "verdict"),
    component: pageProgram(() => import("./pages/judge-page.tsx"), "JudgePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/data",
    beforeLoad: () => {
      throw redirect({ to: "/data/examples" });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    beforeLoad: () => {
      throw redirect({ to: "/settings/agents" });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/agents",
    component: pageProgram(() => import("./pages/agents-page.tsx"), "AgentsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/agents/$agent",
    component: pageProgram(() => import("./pages/agent-page.tsx"), "AgentPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/policy",
    component: pageProgram(() => import("./pages/policy-page.tsx"), "PolicyPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/notifications",
    component: pageProgram(() => import("./pages/notifications-page.tsx"), "NotificationsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/keyboard",
    component: pageProgram(() => import("./pages/keyboard-page.tsx"), "KeyboardPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/keys",
    component: pageProgram(() => import("./pages/keys-page.tsx"), "KeysPage"),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  scrollRestoration: true,
  defaultPreload: "intent",
  defaultPendingMs: 500,
  defaultPendingComponent: () => (
    <Page title="Loading">
      <p>The page comes as soon as the service answers.</p>
      <Loading name="Page" />
    </Page>
  ),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
