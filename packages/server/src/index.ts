/**
 * The library: everything that the service does, in your own process. Programs import this file and
 * `relearn/testing` only.
 *
 *     const relearn = await openRelearn({ database: "memory://" });
 *     await relearn.feeds.loadAll();
 *     const bundle = await relearn.bundles.create("inbox_triage", { minExamples: 50 });
 */
import type { Clock } from "./clock.ts";
import { openInstallation } from "./compose.ts";
import { findDatabase, parseDatabaseUrl } from "./config.ts";
import { createRelearn } from "./create-relearn.ts";
import type { Relearn } from "./relearn.ts";

export interface OpenRelearnOptions {
  /** `memory://`, `file:FOLDER` or `postgres://…`; by default, `RELEARN_DATABASE_URL`, else `./.relearn/data`. */
  readonly database?: string | undefined;
  /** Source of the time; by default, the system's clock. */
  readonly clock?: Clock | undefined;
  /** Returns the salt of each rollout that is proposed; by default, a random one. */
  readonly newSalt?: (() => string) | undefined;
}

/**
 * Opens an installation and migrates its schema.
 * Throws `data_folder_locked` if another process has the folder open, and `database_unavailable` if a server
 * does not answer.
 */
export async function openRelearn(options: OpenRelearnOptions = {}): Promise<Relearn> {
  const location =
    options.database === undefined ? findDatabase({}, process.env) : parseDatabaseUrl(options.database);
  return createRelearn(await openInstallation(location, options));
}

export type { BundleDocument, DecisionConfig, ModelDocument, SwitchboardConfig } from "@relearn/client";
export type {
  AddedEndpoint,
  AddReport,
  AgentDefinition,
  AgreementReport,
  Analysis,
  AnalysisResult,
  AnswerResult,
  ApiKey,
  AppliedAgent,
  Approval,
  ApprovalStatus,
  ArmHistory,
  AuditEvent,
  BundleDiff,
  BundleStatus,
  BundleVerification,
  CanaryStatus,
  CandidateDocument,
  ChainVerification,
  ChangedSetting,
  CreatedBundle,
  CreatedKey,
  DisputedItemDocument,
  DoctorReport,
  ErasureReport,
  ExampleSource,
  ExplainedDecision,
  FeatureDistribution,
  FeedReport,
  IngestReport,
  JobDocument,
  JobName,
  JobRunDocument,
  JudgedResult,
  JudgeReliability,
  JudgeWeightReport,
  JudgeWeightUpdate,
  LabelConflict,
  LabelCounts,
  LabeledExample,
  LabelStats,
  LearningCurve,
  LoadReport,
  LoopStatus,
  MethodComparison,
  ModelType,
  MoveResult,
  NotificationEndpoint,
  PausedJob,
  PopulationFigures,
  QueryStrategy,
  QueueStatistics,
  Receipt,
  Rejection,
  Release,
  RestoredBundle,
  ReviewItemDocument,
  ReviewQueueDocument,
  ReviewQueueStats,
  ReviewState,
  Right,
  Role,
  Rollout,
  RolloutJournalEntry,
  RolloutOverride,
  RolloutPolicy,
  RolloutWithApproval,
  SampleReport,
  Session,
  SettingDocument,
  SignalKind,
  SkipReason,
  StoredAgent,
  StoredNotification,
  StoredReplay,
  TrainingSnapshot,
  UndoneAnswer,
  Verdict,
} from "@relearn/contract";
export type { Actor, ActorReference } from "./actor.ts";
export { builtInAgents } from "./agents/built-in-agents.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type ErrorCode, type ErrorKind, errorKinds, RelearnError } from "./errors.ts";
export type {
  Access,
  ActorOptions,
  AddEndpointOptions,
  AdjudicateOptions,
  AdjustBundleOptions,
  Agents,
  AnswerOptions,
  ApplyOptions,
  Approvals,
  ApproveOptions,
  Audit,
  AuditFilter,
  BundleBackup,
  Bundles,
  CheckCanaryOptions,
  ClaimOptions,
  CommandOptions,
  CorrectOptions,
  CreateBundleOptions,
  CreateKeyOptions,
  DailySampleOptions,
  DeliveryReport,
  Doctor,
  EditApprovalOptions,
  Erasure,
  ExampleFilter,
  Examples,
  Feeds,
  GoldsetLoadOptions,
  Guard,
  GuardCheck,
  Jobs,
  Judges,
  KillSwitchOptions,
  LeaseOptions,
  ListApprovalsOptions,
  ListBundlesOptions,
  ListConflictsOptions,
  ListDisputedOptions,
  ListExamplesOptions,
  ListJobRunsOptions,
  ListJudgedResultsOptions,
  ListMessagesOptions,
  ListOverridesOptions,
  ListReviewItemsOptions,
  ListRolloutsOptions,
  LoadOptions,
  Notifications,
  OptionalActorOptions,
  PageOptions,
  PauseOptions,
  PositionedPageOptions,
  PromoteCanaryOptions,
  ReadItemOptions,
  ReasonedCommandOptions,
  RejectOptions,
  Relearn,
  ReleaseItemOptions,
  RenewLeaseOptions,
  Review,
  ReviewOverrideOptions,
  RollbackOptions,
  Rollbacks,
  Rollouts,
  SampleOptions,
  Sampler,
  Settings,
  Signals,
  StoredBundle,
  TaggedConfig,
  TrainingWatch,
  UndoOptions,
} from "./relearn.ts";
export type { RolloutRight } from "./rollouts/step.ts";
export type { TrainingReport } from "./training/training-snapshot.ts";
