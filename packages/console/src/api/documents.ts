import type {
  Analysis,
  Approval,
  ApprovalStatus,
  ArmHistory,
  AuditEvent,
  BundleDiff,
  BundleStatus,
  BundleWithStatus,
  CanaryStatus,
  FeatureDistribution,
  JobDocument,
  JobRunDocument,
  JudgedResult,
  JudgeReliability,
  JudgeWeightReport,
  LabelConflict,
  LabelCounts,
  LabeledExample,
  LabelStats,
  LearningCurve,
  LoopStatus,
  MethodComparison,
  QueueStatistics,
  Receipt,
  ReviewQueueDocument,
  RolloutJournalEntry,
  RolloutOverride,
  RolloutWithApproval,
  SessionDocument,
  SettingDocument,
  StoredAgent,
} from "@relearn/contract";
import { queryOptions } from "@tanstack/react-query";
import { callApi } from "./call-api.ts";

/** Queries of the pages, each under the key that a change makes stale. */
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

/** One event: they are listed by falling number, so the page that ends below the next number begins with it. */
export const auditEventQuery = (sequence: number) =>
  queryOptions({
    queryKey: ["audit", sequence],
    queryFn: async ({ signal }) => {
      const { events } = await callApi<AuditPage>("GET", "/v1/audit", {
        query: { before: sequence + 1, limit: 1 },
        signal,
      });
      return events[0]?.sequence === sequence ? events[0] : null;
    },
  });

export const queueQuery = (agent: string | undefined) =>
  queryOptions({
    queryKey: ["queue", agent],
    queryFn: async ({ signal }) => {
      const { queues } = await callApi<{ queues: ReviewQueueDocument[] }>("GET", "/v1/review/queue", {
        signal,
      });
      const of = queues.filter((queue) => agent === undefined || queue.agent === agent);
      return {
        waiting: of.reduce((sum, queue) => sum + queue.waiting, 0),
        disputed: of.reduce((sum, queue) => sum + queue.disputed, 0),
        queues: of,
      };
    },
  });

export const rolloutsQuery = (agent: string | undefined) =>
  queryOptions({
    queryKey: ["rollouts", { agent }],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ rollouts: RolloutWithApproval[] }>("GET", "/v1/rollouts", {
          query: { agent },
          signal,
        })
      ).rollouts,
  });

export const rolloutQuery = (rolloutId: string) =>
  queryOptions({
    queryKey: ["rollouts", rolloutId],
    queryFn: ({ signal }) =>
      callApi<RolloutWithApproval>("GET", `/v1/rollouts/${encodeURIComponent(rolloutId)}`, { signal }),
  });

export const analysesQuery = (rolloutId: string) =>
  queryOptions({
    queryKey: ["rollouts", rolloutId, "analyses"],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ analyses: Analysis[] }>(
          "GET",
          `/v1/rollouts/${encodeURIComponent(rolloutId)}/analyses`,
          {
            signal,
          },
        )
      ).analyses,
  });

export const journalQuery = (rolloutId: string) =>
  queryOptions({
    queryKey: ["rollouts", rolloutId, "journal"],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ entries: RolloutJournalEntry[] }>(
          "GET",
          `/v1/rollouts/${encodeURIComponent(rolloutId)}/journal`,
          { signal },
        )
      ).entries,
  });

export const armsQuery = (rolloutId: string) =>
  queryOptions({
    queryKey: ["rollouts", rolloutId, "arms"],
    queryFn: ({ signal }) =>
      callApi<ArmHistory>("GET", `/v1/rollouts/${encodeURIComponent(rolloutId)}/arms`, { signal }),
  });

export const receiptsQuery = (rolloutId: string) =>
  queryOptions({
    queryKey: ["rollouts", rolloutId, "receipts"],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ receipts: Receipt[] }>(
          "GET",
          `/v1/rollouts/${encodeURIComponent(rolloutId)}/receipts`,
          { signal },
        )
      ).receipts,
  });

/** Overrides of a gate or of four-eyes approval that no one has reviewed yet. */
export const overridesQuery = (agent: string | undefined) =>
  queryOptions({
    queryKey: ["overrides", { agent }],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ overrides: RolloutOverride[] }>("GET", "/v1/rollouts/overrides", {
          query: { agent, open: "true" },
          signal,
        })
      ).overrides,
  });

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => callApi<LoopStatus>("GET", "/v1/status", { signal }),
});

export const labelCountsQuery = (agent: string, days: number) =>
  queryOptions({
    queryKey: ["stats", "label-counts", agent, days],
    queryFn: ({ signal }) =>
      callApi<LabelCounts>("GET", "/v1/stats/label-counts", { query: { agent, days }, signal }),
  });

export const queueStatisticsQuery = (agent: string) =>
  queryOptions({
    queryKey: ["examples", "progress", agent],
    queryFn: ({ signal }) =>
      callApi<QueueStatistics>("GET", `/v1/agents/${encodeURIComponent(agent)}/queue-statistics`, { signal }),
  });

export const learningCurveQuery = (agent: string) =>
  queryOptions({
    queryKey: ["curve", agent],
    queryFn: ({ signal }) =>
      callApi<LearningCurve>("GET", `/v1/agents/${encodeURIComponent(agent)}/learning-curve`, { signal }),
    // Dozens of fits: a few more labels change nothing one sees.
    staleTime: 600_000,
    refetchInterval: false,
  });

export const featureDistributionQuery = (agent: string) =>
  queryOptions({
    queryKey: ["features", agent],
    queryFn: ({ signal }) =>
      callApi<FeatureDistribution>("GET", `/v1/agents/${encodeURIComponent(agent)}/features`, { signal }),
    // A week of traffic: what changes in minutes changes no percentile.
    staleTime: 600_000,
    refetchInterval: false,
  });

export const canaryQuery = (agent: string) =>
  queryOptions({
    queryKey: ["canary", agent],
    queryFn: ({ signal }) =>
      callApi<CanaryStatus>("GET", `/v1/agents/${encodeURIComponent(agent)}/canary`, { signal }),
  });

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: async ({ signal }) => (await callApi<{ jobs: JobDocument[] }>("GET", "/v1/jobs", { signal })).jobs,
});

export const jobRunsQuery = queryOptions({
  queryKey: ["jobs", "runs"],
  queryFn: async ({ signal }) =>
    (await callApi<{ runs: JobRunDocument[] }>("GET", "/v1/jobs/runs", { query: { limit: 50 }, signal }))
      .runs,
});

/** One run: runs are listed by falling number, so the page that ends below the next number begins with it. */
export const jobRunQuery = (id: number) =>
  queryOptions({
    queryKey: ["jobs", "runs", id],
    queryFn: async ({ signal }) => {
      const { runs } = await callApi<{ runs: JobRunDocument[] }>("GET", "/v1/jobs/runs", {
        query: { before: id + 1, limit: 1 },
        signal,
      });
      return runs[0]?.id === id ? runs[0] : null;
    },
  });

export const statsQuery = queryOptions({
  queryKey: ["stats"],
  queryFn: ({ signal }) => callApi<LabelStats>("GET", "/v1/stats", { signal }),
});

export interface ExampleFilters {
  readonly agent?: string | undefined;
  readonly source?: string | undefined;
  readonly label?: string | undefined;
  readonly key?: string | undefined;
  readonly before?: number | undefined;
}

export interface ExamplePage {
  readonly examples: readonly LabeledExample[];
  readonly next: number | null;
}

export const examplesQuery = (filters: ExampleFilters, limit = 100) =>
  queryOptions({
    queryKey: ["examples", filters, limit],
    queryFn: ({ signal }) =>
      callApi<ExamplePage>("GET", "/v1/examples", { query: { ...filters, limit }, signal }),
  });

export const conflictsQuery = (agent: string | undefined) =>
  queryOptions({
    queryKey: ["conflicts", { agent }],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ conflicts: LabelConflict[] }>("GET", "/v1/conflicts", {
          query: { agent, state: "open" },
          signal,
        })
      ).conflicts,
  });

export const reliabilityQuery = (agent: string) =>
  queryOptions({
    queryKey: ["judges", agent],
    queryFn: ({ signal }) =>
      callApi<JudgeReliability>("GET", `/v1/judges/${encodeURIComponent(agent)}`, { signal }),
  });

export const judgeWeightsQuery = (agent: string) =>
  queryOptions({
    queryKey: ["judges", agent, "weights"],
    queryFn: ({ signal }) =>
      callApi<JudgeWeightReport>("GET", `/v1/judges/${encodeURIComponent(agent)}/weights`, { signal }),
  });

export const judgedResultsQuery = (
  agent: string,
  of: {
    readonly judge: string;
    readonly label: string | undefined;
    readonly verdict: string | undefined;
    readonly limit: number;
  },
) =>
  queryOptions({
    queryKey: ["judges", agent, "results", of],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ results: JudgedResult[] }>("GET", `/v1/judges/${encodeURIComponent(agent)}/results`, {
          query: of,
          signal,
        })
      ).results,
    refetchInterval: false,
  });

export const methodsQuery = (agent: string) =>
  queryOptions({
    queryKey: ["judges", agent, "methods"],
    queryFn: ({ signal }) =>
      callApi<MethodComparison>("GET", `/v1/judges/${encodeURIComponent(agent)}/methods`, { signal }),
    // Fits sixty panels: once a visit is enough for what changes with a day's labels.
    staleTime: 600_000,
    refetchInterval: false,
  });
