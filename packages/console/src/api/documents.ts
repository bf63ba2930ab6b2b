import { queryOptions } from "@tanstack/react-query";
import type {
  Approval,
  ApprovalStatus,
  AuditEvent,
  BundleDiff,
  BundleStatus,
  BundleWithStatus,
  SessionDocument,
  SettingDocument,
  StoredAgent,
} from "../../../server/src/http-contract.ts";
import { callApi } from "./call-api.ts";

/** What the pages read, each under the key that a change makes stale. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => callApi<SessionDocument>("GET", "/v1/session", { signal }),
});

export const agentsQuery = queryOptions({
  queryKey: ["agents"],
  queryFn: async ({ signal }) =>
    (await callApi<{ agents: StoredAgent[] }>("GET", "/v1/agents", { signal })).agents,
});

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: async ({ signal }) =>
    (await callApi<{ settings: SettingDocument[] }>("GET", "/v1/settings", { signal })).settings,
});

export const bundlesQuery = (filter: { agent?: string | undefined; status?: BundleStatus | undefined }) =>
  queryOptions({
    queryKey: ["bundles", filter],
    queryFn: async ({ signal }) =>
      (await callApi<{ bundles: BundleWithStatus[] }>("GET", "/v1/bundles", { query: filter, signal }))
        .bundles,
  });

export const bundleQuery = (bundleId: string) =>
  queryOptions({
    queryKey: ["bundles", bundleId],
    queryFn: ({ signal }) =>
      callApi<BundleWithStatus>("GET", `/v1/bundles/${encodeURIComponent(bundleId)}`, { signal }),
  });

export const bundleDiffQuery = (bundleId: string, from: string | undefined) =>
  queryOptions({
    queryKey: ["bundles", bundleId, "diff", from],
    queryFn: ({ signal }) =>
      callApi<BundleDiff>("GET", `/v1/bundles/${encodeURIComponent(bundleId)}/diff`, {
        query: { from },
        signal,
      }),
  });

export const approvalsQuery = (filter: { agent?: string | undefined; status?: ApprovalStatus | undefined }) =>
  queryOptions({
    queryKey: ["approvals", filter],
    queryFn: async ({ signal }) =>
      (await callApi<{ approvals: Approval[] }>("GET", "/v1/approvals", { query: filter, signal })).approvals,
  });

export const approvalQuery = (approvalId: string) =>
  queryOptions({
    queryKey: ["approvals", approvalId],
    queryFn: ({ signal }) =>
      callApi<Approval>("GET", `/v1/approvals/${encodeURIComponent(approvalId)}`, { signal }),
  });

export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  readonly agent?: string | undefined;
  readonly object?: string | undefined;
  readonly before?: number | undefined;
}

export interface AuditPage {
  readonly events: readonly AuditEvent[];
  readonly next_before: number | null;
}

export const auditQuery = (filter: AuditFilter, limit = 100) =>
  queryOptions({
    queryKey: ["audit", filter, limit],
    queryFn: ({ signal }) => callApi<AuditPage>("GET", "/v1/audit", { query: { ...filter, limit }, signal }),
  });
