/**
 * The library's interface: what `openRelearn` returns, by namespace. Results are the documents of the HTTP
 * interface, described in `@relearn/contract`.
 *
 * Each method checks its arguments and rejects with a `RelearnError` of the code `invalid_input`, which names
 * the path, the value and what is accepted. A method about one agent rejects with `unknown_agent`, which names
 * the agents that exist; a filter by agent does not. The docstrings list the other codes. The library checks no
 * rights: its caller answers for the people that it names as actors.
 */
import type { BundleDocument, SwitchboardConfig } from "@relearn/client";
import type {
  AddedEndpoint,
  AddReport,
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
  Release,
  RestoredBundle,
  ReviewItemDocument,
  ReviewQueueDocument,
  ReviewQueueStats,
  ReviewState,
  Role,
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
import type { ActorReference } from "./actor.ts";
import type { RolloutRight } from "./rollouts/step.ts";
import type { TrainingReport } from "./training/training-snapshot.ts";

/**
 * An open installation. Call `close()` at the end: a folder stays locked until then or until the process
 * ends.
 */
export interface Relearn {
  readonly signals: Signals;
  readonly feeds: Feeds;
  readonly examples: Examples;
  readonly agents: Agents;
  readonly bundles: Bundles;
  readonly approvals: Approvals;
  readonly rollouts: Rollouts;
  readonly rollbacks: Rollbacks;
  readonly guard: Guard;
  readonly judges: Judges;
  readonly sampler: Sampler;
  readonly review: Review;
  readonly settings: Settings;
  readonly jobs: Jobs;
  readonly audit: Audit;
  readonly notifications: Notifications;
  readonly access: Access;
  readonly erasure: Erasure;
  readonly doctor: Doctor;
  /** Ends running jobs and closes the database. A second call has no effect. */
  close(): Promise<void>;
}

/** The person that the audit log records. */
export interface ActorOptions {
  readonly actor: ActorReference;
}

export interface OptionalActorOptions {
  /** By default, Relearn itself. */
  readonly actor?: ActorReference | undefined;
}

export interface PageOptions {
  /** Maximum number of entries, 1 to 1,000; 100 by default. */
  readonly limit?: number | undefined;
}

export interface PositionedPageOptions extends PageOptions {
  /**
   * Returns entries below this position only: the id or sequence number of the last entry of the page before.
   */
  readonly before?: number | undefined;
}

export interface CommandOptions extends ActorOptions {
  /** Rights that the actor has; all by default. */
  readonly rights?: readonly RolloutRight[] | undefined;
  /** Two commands with the same key are carried out once. */
  readonly idempotencyKey?: string | undefined;
}

export interface ReasonedCommandOptions extends CommandOptions {
  /** At most 2,000 characters. */
  readonly reason: string;
}

export interface RollbackOptions extends CommandOptions {
  /** At most 2,000 characters. */
  readonly reason?: string | undefined;
}

/** Signals: what agents, judges and people report. */
export interface Signals {
  /**
   * Stores the good records of a batch and reports why each of the others is rejected. Sending a batch again
   * changes nothing. Each 5,000 records are one transaction.
   */
  ingest(kind: SignalKind, records: readonly object[], options: ActorOptions): Promise<IngestReport>;
}

export interface LoadOptions extends OptionalActorOptions {
  /** Loads signals of this time or later only. Earlier signals stay for a call without it. */
  readonly since?: Date | undefined;
  /** Maximum number of signals to read, 1 to 10,000,000; no limit by default. */
  readonly limit?: number | undefined;
}

export interface GoldsetLoadOptions extends LoadOptions {
  /** By default, all agents. */
  readonly agent?: string | undefined;
}

/** Feeds: turn signals into labeled examples. Each feed continues after the last signal that it read. */
export interface Feeds {
  /** Loads the feeds of approvals, feedback and golden tasks. */
  loadAll(options?: LoadOptions): Promise<LoadReport>;
  /** Loads approved and rejected actions, as the labels `{action}_approved` and `{action}_rejected`. */
  loadFromApprovals(options?: LoadOptions): Promise<FeedReport>;
  /**
   * Loads thumbs: one example for each agent and day that has ended, and one for each thumb that names a
   * task.
   */
  loadFromFeedback(options?: LoadOptions): Promise<FeedReport>;
  /** Loads golden tasks. */
  loadFromGoldsets(options?: GoldsetLoadOptions): Promise<FeedReport>;
  /** Counts the labeled examples by source, agent and label. */
  getStats(): Promise<LabelStats>;
}

export interface ExampleFilter {
  readonly agent?: string | undefined;
  readonly source?: ExampleSource | undefined;
  readonly label?: string | undefined;
  readonly key?: string | undefined;
  /** True: also examples that another label has replaced. */
  readonly superseded?: boolean | undefined;
}

export interface ListExamplesOptions extends ExampleFilter, PositionedPageOptions {
  /** Returns examples above this id, oldest first. */
  readonly after?: number | undefined;
}

export interface ListConflictsOptions extends PositionedPageOptions {
  readonly agent?: string | undefined;
  readonly state?: LabelConflict["state"] | undefined;
}

/** Labeled examples: what bundles are trained on. */
export interface Examples {
  /** Adds the good documents of a list and reports why each of the others is rejected. */
  add(documents: readonly object[], options: ActorOptions): Promise<AddReport>;
  /** Lists examples, newest first; with `after`, oldest first. */
  list(options?: ListExamplesOptions): Promise<LabeledExample[]>;
  /**
   * Returns all examples that match, oldest first and page by page, as they are when the first page is read.
   */
  export(filter?: ExampleFilter): AsyncGenerator<readonly LabeledExample[]>;
  /** Lists records that came again with another label, newest first. */
  listConflicts(options?: ListConflictsOptions): Promise<LabelConflict[]>;
  /** Settles an open conflict. Throws `not_found`, and `already_so` if it is settled. */
  settleConflict(
    conflictId: number,
    settlement: "keep_old" | "take_new",
    options: ActorOptions,
  ): Promise<LabelConflict>;
  /** Counts examples by source, agent and label. */
  getStats(): Promise<LabelStats>;
  /** Counts an agent's labels of each of the last days, 1 to 3,650; 90 by default. */
  getLabelCounts(agent: string, options?: { readonly days?: number | undefined }): Promise<LabelCounts>;
}

/** Agents: what is decided, on which features. */
export interface Agents {
  /** Defines an agent or changes its definition. Throws `invalid_definition` with the path of each fault. */
  apply(definition: object, options: ActorOptions): Promise<AppliedAgent>;
  /** Lists all agents. */
  list(): Promise<StoredAgent[]>;
  /** Returns an agent with its definition. */
  get(agent: string): Promise<StoredAgent>;
}

/** A bundle as it is stored. */
export interface StoredBundle {
  readonly bundle: BundleDocument;
  readonly status: BundleStatus;
  readonly created_by: string;
  /** The data that the bundle was trained on. */
  readonly training: TrainingSnapshot;
}

/** A bundle that was active and can be restored. */
export interface BundleBackup {
  readonly agent: string;
  readonly bundle_id: string;
  readonly reason: string;
  readonly replaced_at: string;
}

export interface TrainingWatch {
  readonly onProgress?: ((report: TrainingReport) => void) | undefined;
  /** Ends the training: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface CreateBundleOptions extends TrainingWatch, OptionalActorOptions {
  /** Minimum number of training rows, 2 to 1,000,000; 50 by default. */
  readonly minExamples?: number | undefined;
  readonly modelType?: ModelType | undefined;
}

export interface AdjustBundleOptions extends OptionalActorOptions {
  /** Value of each threshold by its name, in raw units. */
  readonly thresholds: Readonly<Record<string, number>>;
}

export interface ListBundlesOptions extends PageOptions {
  readonly agent?: string | undefined;
  readonly status?: BundleStatus | undefined;
}

/** Bundles: trained models with their thresholds. */
export interface Bundles {
  /**
   * Trains a model on an agent's examples and stores it as a pending bundle. Throws `insufficient_data`,
   * `training_failed`.
   */
  create(agent: string, options?: CreateBundleOptions): Promise<CreatedBundle>;
  /** Makes a bundle from another one with thresholds that a person sets. Throws `unknown_bundle`. */
  adjust(bundleId: string, options: AdjustBundleOptions): Promise<CreatedBundle>;
  /** Returns a bundle. Throws `unknown_bundle`. */
  get(bundleId: string): Promise<StoredBundle>;
  /** Lists bundles, newest first. */
  list(options?: ListBundlesOptions): Promise<StoredBundle[]>;
  /**
   * Decides on a payload and explains the decision. Stores nothing. Uses the named bundle, else the active one,
   * else the newest. Throws `unknown_bundle`.
   */
  explain(
    agent: string,
    payload: object,
    options?: { readonly bundleId?: string | undefined },
  ): Promise<ExplainedDecision>;
  /** Compares a bundle with another one; by default, with the active one. Throws `unknown_bundle`. */
  diff(toId: string, fromId?: string): Promise<BundleDiff>;
  /** Lists the bundles that a rollback can restore, newest first. */
  listBackups(agent: string): Promise<BundleBackup[]>;
  /** Trains again on the same data and compares the digests. Throws `unknown_bundle`. */
  verify(bundleId: string, watch?: TrainingWatch): Promise<BundleVerification>;
  /** Returns the accuracy by number of labels. */
  getLearningCurve(agent: string): Promise<LearningCurve>;
  /** Returns the distribution of each feature in the payloads of the last week. */
  getFeatureDistribution(agent: string): Promise<FeatureDistribution>;
}

type ApproverOptions = Omit<CommandOptions, "actor"> & { readonly approver: ActorReference };

export type RejectOptions = ApproverOptions & { readonly rationale: string };

export type ApproveOptions = RejectOptions & {
  /** True: approves a bundle that the approver proposed, against four eyes. */
  readonly breakGlass?: boolean | undefined;
  /**
   * Digest of the bundle that was read, or its first 12 digits or more; required if the request was edited.
   */
  readonly bundleDigest?: string | undefined;
};

export type EditApprovalOptions = Omit<CommandOptions, "actor"> & {
  readonly editor: ActorReference;
  readonly bundleId: string;
};

export interface ApplyOptions extends CommandOptions {
  /** 1 to 99; by default, the policy's first stage. */
  readonly canaryPercent?: number | undefined;
  /** True: sends all traffic to the bundle at once, without a canary. */
  readonly full?: boolean | undefined;
}

export interface ListApprovalsOptions extends PageOptions {
  readonly agent?: string | undefined;
  readonly status?: ApprovalStatus | undefined;
}

/** Approvals: requests to release a bundle. All methods that take an id throw `unknown_approval`. */
export interface Approvals {
  /**
   * Requests the release of a bundle. Returns the id of the approval. Throws `unknown_bundle`,
   * `nothing_to_propose`, `already_proposed`, `already_running`.
   */
  propose(agent: string, bundleId: string, options: { readonly proposer: ActorReference }): Promise<string>;
  /**
   * Puts another bundle into an open request. Earlier approvals no longer count, and the editor cannot
   * approve. Throws `unknown_bundle`, `already_so`, `already_proposed`.
   */
  edit(approvalId: string, options: EditApprovalOptions): Promise<Approval>;
  /**
   * Approves a request without applying it. Throws `self_approval`, `already_approved`, `digest_changed`,
   * `expired`.
   */
  approve(approvalId: string, options: ApproveOptions): Promise<Approval>;
  /** Rejects a request. Throws `final` if it has ended. */
  reject(approvalId: string, options: RejectOptions): Promise<Approval>;
  /**
   * Starts the rollout of an approved bundle. Throws `wrong_state`, `already_running`, `kill_switch_on`,
   * `active_changed`.
   */
  apply(approvalId: string, options: ApplyOptions): Promise<MoveResult>;
  /** Returns a request. */
  get(approvalId: string): Promise<Approval>;
  /** Lists requests, newest first. */
  list(options?: ListApprovalsOptions): Promise<Approval[]>;
  /** Lists the requests that wait for approval, of one agent or of all. */
  listPending(agent?: string): Promise<Approval[]>;
}

export interface ListRolloutsOptions extends PageOptions {
  readonly agent?: string | undefined;
}

export interface ListOverridesOptions extends PageOptions {
  readonly agent?: string | undefined;
  /** True: only those that no one has reviewed; false: only those that someone has. */
  readonly open?: boolean | undefined;
}

export interface ReviewOverrideOptions extends CommandOptions {
  readonly finding: "upheld" | "objected";
  /** At most 2,000 characters. */
  readonly notes: string;
}

export interface KillSwitchOptions extends ReasonedCommandOptions {
  readonly on: boolean;
}

/** An agent's switchboard config with its version. */
export interface TaggedConfig {
  readonly config: SwitchboardConfig;
  /** Changes when a member of the config other than its time changes. */
  readonly etag: string;
}

/**
 * Rollouts: the gradual release of a bundle. All methods that take a rollout's id throw `unknown_rollout`.
 */
export interface Rollouts {
  /** Returns a rollout with the figures of its newest analysis. */
  get(rolloutId: string): Promise<RolloutWithApproval>;
  /** Returns the agent's running rollout, or `undefined` if none runs. */
  getRunning(agent: string): Promise<RolloutWithApproval | undefined>;
  /** Lists rollouts, newest first. */
  list(options?: ListRolloutsOptions): Promise<RolloutWithApproval[]>;
  /** Returns what is released for an agent: its active bundle, its canary and its kill switch. */
  getRelease(agent: string): Promise<Release>;
  /** Returns the config by which the agent's processes decide. */
  getSwitchboardConfig(agent: string): Promise<TaggedConfig>;
  /**
   * Turns the agent's kill switch on or off. On: a running rollout is rolled back and all traffic goes to the
   * active bundle.
   */
  setKillSwitch(agent: string, options: KillSwitchOptions): Promise<Release>;
  /**
   * Ends a rollout in any state: a request is withdrawn, a canary is rolled back. Throws `final` if it has
   * ended.
   */
  abort(rolloutId: string, options: RollbackOptions): Promise<MoveResult>;
  /** Lists all events that moved a rollout, oldest first. */
  listJournal(rolloutId: string): Promise<RolloutJournalEntry[]>;
  /** Lists the guard's analyses of a rollout with their verdicts. */
  listAnalyses(rolloutId: string): Promise<Analysis[]>;
  /** Lists the receipts of a rollout's decisions. */
  listReceipts(rolloutId: string): Promise<Receipt[]>;
  /** Makes every decision again from the journal and compares it with what was recorded. */
  replay(rolloutId: string): Promise<StoredReplay>;
  /** Returns the figures of both arms over time. */
  getArmHistory(rolloutId: string): Promise<ArmHistory>;
  /** Lists acts against a waiting gate or against four eyes, newest first. */
  listOverrides(options?: ListOverridesOptions): Promise<RolloutOverride[]>;
  /**
   * Records the finding of a person who reviewed such an act. Throws `not_found`, `self_approval`, and
   * `already_so` if it was reviewed.
   */
  reviewOverride(
    rolloutId: string,
    generation: number,
    options: ReviewOverrideOptions,
  ): Promise<RolloutOverride>;
}

/** Rollbacks of an agent's active bundle. */
export interface Rollbacks {
  /**
   * Rolls back the running rollout; if none is running, restores the newest backup of the active bundle. Needs no
   * approval. Throws `nothing_to_roll_back` if there is neither.
   */
  rollback(agent: string, options: RollbackOptions): Promise<RestoredBundle>;
}

/** Both options act under the policy `specification` only. */
export interface CheckCanaryOptions {
  /** Hours of outcomes that point estimates are computed from, up to 8,760. */
  readonly lookbackHours?: number | undefined;
  /** Relative quality drop that rolls back, above 0 and at most 1. */
  readonly threshold?: number | undefined;
}

export interface PromoteCanaryOptions extends CommandOptions {
  /** 1 to 100; by default, the next stage. */
  readonly targetPercent?: number | undefined;
  /** Required if the guard does not recommend the promotion. At most 2,000 characters. */
  readonly reason?: string | undefined;
}

export interface GuardCheck {
  readonly analyses: readonly AnalysisResult[];
  readonly failures: readonly { readonly agent: string; readonly error: string }[];
}

/**
 * The guard: analyzes running canaries. Except for `getStatus`, methods about an agent throw `no_canary` if
 * no rollout of it runs.
 */
export interface Guard {
  /** Returns the verdict on the running canary. Changes nothing. */
  checkCanaryPerformance(agent: string, options?: CheckCanaryOptions): Promise<Verdict>;
  /** Analyzes the running canary and acts on the verdict: promotes, holds or rolls back. */
  analyze(agent: string, options?: CheckCanaryOptions): Promise<AnalysisResult>;
  /**
   * Promotes the canary to the next stage or to `targetPercent`. Throws `illegal_target`, `reason_missing`,
   * `lacks_right`.
   */
  promoteCanary(agent: string, options: PromoteCanaryOptions): Promise<MoveResult>;
  /** Rolls the canary back: all traffic returns to the bundle that was active before. */
  rollbackCanary(agent: string, options: RollbackOptions): Promise<MoveResult>;
  /** Pauses the canary: the guard does not promote it. */
  pauseCanary(agent: string, options: ReasonedCommandOptions): Promise<MoveResult>;
  /** Resumes a paused canary. */
  resumeCanary(agent: string, options: ReasonedCommandOptions): Promise<MoveResult>;
  /** Does one step of the gradual rollout: one analysis and the move that follows from it. */
  gradualRollout(agent: string): Promise<AnalysisResult>;
  /** Analyzes every running canary. One that fails does not stop the others. */
  nightlyGuardCheck(): Promise<GuardCheck>;
  /** Returns the state of the agent's canary. */
  getStatus(agent: string): Promise<CanaryStatus>;
}

export interface ListJudgedResultsOptions extends PageOptions {
  readonly judge: string;
  readonly label?: string | undefined;
  readonly verdict?: string | undefined;
}

/** Judges: their weights and reliability. */
export interface Judges {
  /** Updates the judges' weights of one agent or of all from the labels. */
  update(agent?: string, options?: OptionalActorOptions): Promise<JudgeWeightUpdate[]>;
  /** Returns the weight of each judge; the default weights before the first update. */
  getWeights(agent: string): Promise<Readonly<Record<string, number>>>;
  /** Returns the weights with the counts that they were computed from. */
  getReport(agent: string): Promise<JudgeWeightReport>;
  /** Returns the reliability cards and the panel of the last update. */
  getReliability(agent: string): Promise<JudgeReliability>;
  /** Lists the labeled tasks in a cell of a judge's confusion table, newest first. */
  listJudgedResults(agent: string, options: ListJudgedResultsOptions): Promise<JudgedResult[]>;
  /** Scores every method of combining the judges on labels that it was not fitted on. */
  compareMethods(agent: string): Promise<MethodComparison>;
}

export interface SampleOptions extends OptionalActorOptions {
  /** Maximum number of candidates, 1 to 1,000; 50 by default. */
  readonly topN?: number | undefined;
  /** `calibrated` by default. */
  readonly strategy?: QueryStrategy | undefined;
  /** Minimum uncertainty of a candidate by the strategy's measure, 0 to 1. */
  readonly minUncertainty?: number | undefined;
  /** True: leaves the queue as it is. */
  readonly dryRun?: boolean | undefined;
}

export interface DailySampleOptions extends OptionalActorOptions {
  readonly strategy?: QueryStrategy | undefined;
  /** Maximum number of candidates of each agent, 1 to 1,000. */
  readonly topNPerAgent?: number | undefined;
}

/** The sampler: selects tasks for review and measures the value of the labels. */
export interface Sampler {
  /**
   * Selects the most informative unlabeled tasks of the last seven days and queues them. Running it again
   * queues nothing twice.
   */
  sampleForReview(agent: string, options?: SampleOptions): Promise<readonly CandidateDocument[]>;
  /** Does the same as `sampleForReview` and reports what was queued. */
  sample(agent: string, options?: SampleOptions): Promise<SampleReport>;
  /** Samples every agent. */
  dailySampleReviewQueue(options?: DailySampleOptions): Promise<SampleReport[]>;
  /** Counts the unlabeled tasks of the last seven days, in total and by agent. */
  getReviewQueueStats(): Promise<ReviewQueueStats>;
  /** Returns held-out accuracy and expected errors left, now and over time. */
  getQueueStatistics(agent: string): Promise<QueueStatistics>;
  /** Estimates figures about all evaluation results of the last days, 1 to 180. */
  estimatePopulation(
    agent: string,
    options?: { readonly days?: number | undefined },
  ): Promise<PopulationFigures>;
}

export interface LeaseOptions extends ActorOptions {
  /** Duration of the lease, 1 to 3,600; 600 by default. */
  readonly leaseSeconds?: number | undefined;
  /** False: shows the judges' verdicts with the item; the answer counts as not blind. */
  readonly blind?: boolean | undefined;
}

export interface ClaimOptions extends LeaseOptions {
  /** Maximum number of items, 1 to 100; 1 by default. */
  readonly count?: number | undefined;
  /** True: returns the items that the person already leases first, with their leases extended. */
  readonly resume?: boolean | undefined;
}

export interface RenewLeaseOptions extends LeaseOptions {
  readonly leaseToken: string;
}

export interface ReleaseItemOptions extends ActorOptions {
  readonly leaseToken: string;
}

export interface AnswerOptions extends ActorOptions {
  readonly leaseToken: string;
  readonly notes?: string | undefined;
}

export interface UndoOptions extends LeaseOptions {
  readonly agent?: string | undefined;
}

export interface CorrectOptions extends ActorOptions {
  readonly notes?: string | undefined;
}

export interface AdjudicateOptions extends ActorOptions {
  readonly rationale: string;
}

export interface ReadItemOptions extends ActorOptions {
  /** True: shows the judges' verdicts to the holder of the lease; the answer counts as not blind. */
  readonly reveal?: boolean | undefined;
}

export interface ListReviewItemsOptions extends ActorOptions, PositionedPageOptions {
  readonly agent?: string | undefined;
  readonly state?: ReviewState | undefined;
}

export interface ListDisputedOptions extends PositionedPageOptions {
  readonly agent?: string | undefined;
}

/** Review: the queue of tasks that people label. Methods that take an item's id throw `not_found`. */
export interface Review {
  /**
   * Queues a task. `queued` is false if it is or was in the queue. Throws `not_found` if it has no evaluation
   * result.
   */
  request(agent: string, taskKey: string, options: ActorOptions): Promise<{ readonly queued: boolean }>;
  /** Leases the next items to a person. Returns an empty list if none wait. */
  claim(agent: string, options: ClaimOptions): Promise<ReviewItemDocument[]>;
  /** Leases one item. Throws `already_answered`. */
  claimItem(itemId: number, options: LeaseOptions): Promise<ReviewItemDocument>;
  /** Extends a lease. Throws `lease_lost` if it has ended. */
  renew(
    itemId: number,
    options: RenewLeaseOptions,
  ): Promise<{ readonly item_id: number; readonly expires_at: string }>;
  /** Returns an item to the queue without an answer. `released` is false if the lease has ended. */
  release(
    itemId: number,
    options: ReleaseItemOptions,
  ): Promise<{ readonly item_id: number; readonly released: boolean }>;
  /**
   * Stores a label. Sending the same label again with the same lease changes nothing. Throws `lease_lost`.
   */
  label(itemId: number, label: string, options: AnswerOptions): Promise<AnswerResult>;
  /** Skips an item. Throws `lease_lost`. */
  skip(itemId: number, reason: SkipReason, options: AnswerOptions): Promise<AnswerResult>;
  /**
   * Undoes the person's last answer and leases the item again. Throws `nothing_to_undo`, `label_used`,
   * `final`.
   */
  undo(options: UndoOptions): Promise<UndoneAnswer>;
  /**
   * Replaces the label of a settled item by the person who labeled or adjudicated it. The label counts as not
   * blind. Throws `wrong_state`.
   */
  correct(itemId: number, label: string, options: CorrectOptions): Promise<AnswerResult>;
  /**
   * Settles a dispute. Throws `wrong_state`, `reason_missing`, and `reviewer_involved` if the person labeled
   * the item.
   */
  adjudicate(itemId: number, label: string, options: AdjudicateOptions): Promise<AnswerResult>;
  /** Returns an item as the person may see it. */
  get(itemId: number, options: ReadItemOptions): Promise<ReviewItemDocument>;
  /** Lists items as the person may see them, newest first. */
  list(options: ListReviewItemsOptions): Promise<ReviewItemDocument[]>;
  /** Lists items on which reviewers disagree, without the reviewers' names. */
  listDisputed(options?: ListDisputedOptions): Promise<DisputedItemDocument[]>;
  /** Counts the items of each agent by state. */
  listQueues(): Promise<ReviewQueueDocument[]>;
  /** Returns the agreement between reviewers and the figures of each. */
  getAgreement(agent: string): Promise<AgreementReport>;
}

/** Settings of the installation. Methods that take a key throw `not_found` if there is no such setting. */
export interface Settings {
  /** Lists all settings and the rollout policy of each agent. */
  list(): Promise<SettingDocument[]>;
  /** Returns a setting. */
  get(key: string): Promise<SettingDocument>;
  /** Changes a setting. Throws `invalid_policy` for a rollout policy that is not accepted. */
  set(key: string, value: unknown, options: ActorOptions): Promise<ChangedSetting>;
  /** Resets a setting to its default. */
  reset(key: string, options: ActorOptions): Promise<ChangedSetting>;
  /** Returns the policy that the next rollout of the agent follows. */
  getRolloutPolicy(agent: string): Promise<RolloutPolicy>;
}

export interface ListJobRunsOptions extends PositionedPageOptions {
  readonly job?: string | undefined;
}

export interface PauseOptions extends ActorOptions {
  readonly reason: string;
}

/**
 * Scheduled jobs. They run by themselves only while `relearn serve` runs. Methods that take a job throw
 * `unknown_job`.
 */
export interface Jobs {
  /** Lists all jobs with their next and last runs. */
  list(): Promise<JobDocument[]>;
  /** Returns a job. */
  get(job: JobName): Promise<JobDocument>;
  /** Lists the runs of one job or of all, newest first. */
  listRuns(options?: ListJobRunsOptions): Promise<JobRunDocument[]>;
  /**
   * Runs a job, paused or not, and waits until the run ends. Returns a failed run too. Throws
   * `already_running`.
   */
  run(job: JobName, options: ActorOptions): Promise<JobRunDocument>;
  /**
   * Pauses a job: its scheduled runs are skipped, and no catch-up run follows. Throws `already_so`,
   * `reason_missing`.
   */
  pause(job: JobName, options: PauseOptions): Promise<PausedJob>;
  /** Resumes a paused job at its next scheduled time. Throws `already_so`, `reason_missing`. */
  resume(job: JobName, options: PauseOptions): Promise<PausedJob>;
}

export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  readonly agent?: string | undefined;
  readonly object?: string | undefined;
}

/** The audit log: every state change, as a hash chain. */
export interface Audit {
  /** Lists events, newest first. */
  list(options?: AuditFilter & PositionedPageOptions): Promise<AuditEvent[]>;
  /** Returns all events that match, oldest first and page by page. */
  export(filter?: AuditFilter): AsyncGenerator<readonly AuditEvent[]>;
  /** Verifies the hash of every event. */
  verify(): Promise<ChainVerification>;
}

export interface AddEndpointOptions extends ActorOptions {
  readonly url: string;
  /** At most 500 characters; by default, a random secret, which the result contains. */
  readonly secret?: string | undefined;
}

export interface ListMessagesOptions extends PageOptions {
  readonly endpoint?: string | undefined;
}

export interface DeliveryReport {
  readonly delivered: number;
  /** Messages that are tried again later. */
  readonly failed: number;
  /** Messages that are not tried again. */
  readonly dead: number;
}

/**
 * Webhooks that are notified of state changes of rollouts. Methods that take an endpoint's name throw
 * `not_found`.
 */
export interface Notifications {
  /** Lists all endpoints, without their secrets. */
  listEndpoints(): Promise<NotificationEndpoint[]>;
  /** Lists messages, newest first. */
  listMessages(options?: ListMessagesOptions): Promise<StoredNotification[]>;
  /** Adds an endpoint. Throws `already_so` if the name is taken. */
  addEndpoint(name: string, options: AddEndpointOptions): Promise<AddedEndpoint>;
  /** Removes an endpoint and its undelivered messages. */
  removeEndpoint(name: string, options: ActorOptions): Promise<void>;
  /** Sends a test message and returns the result. A failed one is not tried again. */
  testEndpoint(name: string, options: ActorOptions): Promise<StoredNotification>;
  /** Tries to deliver every due message once. Does not throw if a receiver fails. */
  deliverDue(): Promise<DeliveryReport>;
}

export interface CreateKeyOptions extends ActorOptions {
  readonly person: string;
  readonly role: Role;
  /** By default, the person and the role. */
  readonly name?: string | undefined;
  /** ISO 8601; by default, a year from now; `null`: never. */
  readonly expiresAt?: string | null | undefined;
}

/** API keys and sessions of the HTTP service. */
export interface Access {
  /**
   * Creates a key. The result contains its secret, which is not stored. Throws `admin_key_missing` if the
   * first key is not an admin's.
   */
  createKey(options: CreateKeyOptions): Promise<CreatedKey>;
  /** Lists all keys, newest first. */
  listKeys(): Promise<ApiKey[]>;
  /**
   * Revokes a key and ends its sessions. Throws `unknown_key`, and `last_admin_key` if no usable admin key
   * would be left.
   */
  revokeKey(
    keyId: string,
    options: ActorOptions,
  ): Promise<{ readonly key: ApiKey; readonly changed: boolean }>;
  /** Lists live sessions, newest first, of one person or of all. */
  listSessions(person?: string): Promise<Session[]>;
  /** Ends a session. Throws `unknown_session`. */
  endSession(sessionId: string, options: ActorOptions): Promise<void>;
}

/** Erasure of personal data. */
export interface Erasure {
  /**
   * Erases payloads, notes and persons of a task's key or a unit's id from every table. Labels and figures
   * stay.
   */
  erase(key: string, options: ActorOptions): Promise<ErasureReport>;
}

/** The state of the installation. */
export interface Doctor {
  /** Examines the installation and reports problems with their remedies. */
  examine(): Promise<DoctorReport>;
  /** Returns the state of each agent's learning loop. */
  getStatus(): Promise<LoopStatus>;
}
