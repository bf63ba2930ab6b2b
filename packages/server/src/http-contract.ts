/**
 * The documents that cross the wire, for programs that speak HTTP with the service: types alone, nothing of
 * it exists at run time. The console imports this file and no other of the server.
 */
export type * from "@relearn/client";
export type { CreatedKey } from "./access/access-service.ts";
export type { ApiKey } from "./access/api-key.ts";
export type { RevokedKey } from "./access/key-routes.ts";
export type { Right, Role } from "./access/right.ts";
export type { Session } from "./access/session.ts";
export type { SessionDocument } from "./access/session-routes.ts";
export type { AgentDefinition } from "./agents/agent-definition.ts";
export type { AppliedAgent } from "./agents/agent-service.ts";
export type { StoredAgent } from "./agents/agent-store.ts";
export type { Approval, ApprovalStatus } from "./approvals/approval.ts";
export type { AppliedApproval } from "./approvals/approval-routes.ts";
export type { AuditEvent, ChainFault } from "./audit/audit-event.ts";
export type { ChainVerification } from "./audit/audit-service.ts";
export type { ApprovalBacktest, BacktestExample } from "./bundles/backtest.ts";
export type { BundleDiff, ValueChange } from "./bundles/bundle-diff.ts";
export type { BundleWithStatus } from "./bundles/bundle-routes.ts";
export type {
  BundleVerification,
  CreatedBundle,
  ExplainedDecision,
  RestoredBundle,
} from "./bundles/bundle-service.ts";
export type { FeatureSpread, FeatureValues } from "./bundles/feature-spread.ts";
export type { ThresholdTraffic } from "./bundles/threshold-traffic.ts";
export type { BundleStatus } from "./db/tables.ts";
export type { LoadReport } from "./feeds/feed-report.ts";
export type { ArmFigures, ArmHistory, ArmHistoryPoint } from "./guard/arm-history.ts";
export type { CanaryStatus } from "./guard/guard-service.ts";
export type { StoredLook } from "./guard/guard-store.ts";
export type { RolloutPlan } from "./guard/planner.ts";
export type { DeltaInterval, Gate, Verdict } from "./guard/verdict.ts";
export type { ChangeDocument } from "./http/change-streams.ts";
export type { ProblemDocument } from "./http/problem.ts";
export type { JobDocument, JobRunDocument } from "./jobs/job.ts";
export type { JudgeReliability, JudgeWeightReport } from "./judges/judge-weight-service.ts";
export type { JudgedResult, MethodComparison } from "./judges/judged-result-service.ts";
export type { ReliabilityCard } from "./judges/reliability-card.ts";
export type {
  LabelConflict,
  LabeledExample,
  LabelGrowth,
  LabelStats,
} from "./labeled-examples/labeled-example.ts";
export type { AddReport } from "./labeled-examples/labeled-example-service.ts";
export type { AddedEndpoint } from "./notifications/notification-service.ts";
export type { NotificationEndpoint, StoredNotification } from "./notifications/notification-store.ts";
export type { Release } from "./releases/release.ts";
export type {
  AnswerResult,
  DisputedItemDocument,
  ReviewItemDocument,
  SkipReason,
} from "./review/review-item.ts";
export type { ReviewQueueDocument } from "./review/review-item-service.ts";
export type { UndoneAnswer } from "./review/review-service.ts";
export type { RolloutOverride } from "./rollouts/override-store.ts";
export type { Receipt } from "./rollouts/receipt.ts";
export type { StoredReplay } from "./rollouts/replay-service.ts";
export type { Rollout, RolloutPolicy, RolloutState } from "./rollouts/rollout.ts";
export type { RolloutWithApproval } from "./rollouts/rollout-routes.ts";
export type { RolloutJournalEntry } from "./rollouts/rollout-store.ts";
export type { CandidateDocument, ReviewQueueStats, SampleReport } from "./sampling/candidate.ts";
export type {
  LearningProgress,
  PopulationFigure,
  PopulationFigures,
  ProgressPoint,
} from "./sampling/learning-progress.ts";
export type { SettingDocument } from "./settings/setting.ts";
export type { AgentStatus, LoopStatus } from "./status/loop-status.ts";
export type { LabelCurve } from "./training/label-curve.ts";
