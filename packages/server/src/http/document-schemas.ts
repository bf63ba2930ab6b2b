/**
 * Schemas of the documents that cross the wire, by the name that a route gives them (`documentSchema`). They
 * describe what the types say (each is checked against its type) to whoever writes a client; nothing is
 * parsed with them at run time but in the tests, which hold the running application's answers against them.
 */
import { z } from "zod";
import * as access from "./documents/access.ts";
import * as approvals from "./documents/approvals.ts";
import * as bundles from "./documents/bundles.ts";
import * as judges from "./documents/judges.ts";
import * as operations from "./documents/operations.ts";
import * as records from "./documents/records.ts";
import * as review from "./documents/review.ts";
import * as rollouts from "./documents/rollouts.ts";

/** Name in the OpenAPI document to schema. */
export const documentSchemas: Readonly<Record<string, z.ZodType>> = {
  Problem: records.problem,
  Rejection: records.rejection,
  IngestReport: records.ingestReport,
  AddReport: records.addReport,
  LabeledExample: records.labeledExample,
  LabelConflict: records.labelConflict,
  LabelStats: records.labelStats,
  LabelGrowth: records.labelGrowth,
  LoadReport: records.loadReport,
  ErasureReport: records.erasureReport,

  Model: bundles.model,
  BundleDocument: bundles.bundleDocument,
  Bundle: bundles.bundle,
  CreatedBundle: bundles.createdBundle,
  BundleDiff: bundles.bundleDiff,
  BundleVerification: bundles.bundleVerification,
  RestoredBundle: bundles.restoredBundle,
  ExplainedDecision: bundles.explainedDecision,
  FeatureSpread: bundles.featureSpread,
  Approval: approvals.approval,
  SwitchboardConfig: bundles.switchboardConfig,

  RolloutDocument: rollouts.rollout,
  Rollout: z.strictObject({
    approval_id: z.string(),
    rollout: rollouts.rollout,
    figures: rollouts.verdictFigures.nullable().describe("Of the guard's newest look, also after the end"),
  }),
  AppliedApproval: z.strictObject({ rollout: rollouts.rollout, reason: z.string() }),
  MoveResult: rollouts.moveResult,
  Release: rollouts.release,
  Verdict: rollouts.verdict,
  Look: rollouts.look,
  LookResult: rollouts.lookResult,
  CanaryStatus: rollouts.canaryStatus,
  RolloutOverride: rollouts.rolloutOverride,
  RolloutJournalEntry: rollouts.rolloutJournalEntry,
  Receipt: rollouts.receipt,
  Replay: rollouts.replay,
  ArmHistory: rollouts.armHistory,

  ReviewItem: review.reviewItem,
  DisputedItem: review.disputedItem,
  ReviewAnswer: review.reviewAnswer,
  UndoneAnswer: review.undoneAnswer,
  ReviewQueue: review.reviewQueue,
  ReviewAgreement: review.reviewAgreement,
  ReviewQueueStats: review.reviewQueueStats,
  SampleReport: review.sampleReport,
  LearningProgress: review.learningProgress,
  PopulationFigures: review.populationFigures,

  JudgeWeights: judges.judgeWeights,
  JudgeWeightUpdate: judges.judgeWeightUpdate,
  JudgeReliability: judges.judgeReliability,

  AgentDefinition: operations.agentDefinition,
  Agent: operations.agent,
  AppliedAgent: operations.appliedAgent,
  AuditEvent: operations.auditEvent,
  ChainVerification: operations.chainVerification,
  SettingValue: operations.settingValue,
  Setting: operations.setting,
  ChangedSetting: operations.changedSetting,
  Job: operations.job,
  JobRun: operations.jobRun,
  PausedJob: operations.pausedJob,
  DoctorReport: operations.doctorReport,
  LoopStatus: operations.loopStatus,
  NotificationEndpoint: operations.notificationEndpoint,
  AddedEndpoint: operations.addedEndpoint,
  Notification: operations.notification,

  Session: access.session,
  ConsoleSession: access.consoleSession,
  ApiKey: access.apiKey,
  CreatedKey: access.createdKey,
  RevokedKey: access.revokedKey,
};
