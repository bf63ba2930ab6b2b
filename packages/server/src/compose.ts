/**
 * The composition root: database → stores → services → HTTP. Everything is made here and handed down;
 * no feature makes another one.
 */
import manifest from "../package.json" with { type: "json" };
import { AccessService } from "./access/access-service.ts";
import { keyRoutes } from "./access/key-routes.ts";
import { sessionRoutes } from "./access/session-routes.ts";
import { agentRoutes } from "./agents/agent-routes.ts";
import { AgentService } from "./agents/agent-service.ts";
import { type AppOptions, createApp } from "./api/app.ts";
import { consoleFiles } from "./api/console-files.ts";
import { approvalRoutes } from "./approvals/approval-routes.ts";
import { ApprovalService } from "./approvals/approval-service.ts";
import { auditRoutes } from "./audit/audit-routes.ts";
import { AuditService } from "./audit/audit-service.ts";
import { AuditWatchService } from "./audit/audit-watch-service.ts";
import { changeRoutes } from "./audit/change-routes.ts";
import { ChangeStreams } from "./audit/change-streams.ts";
import { BacktestService } from "./bundles/backtest-service.ts";
import { bundleRoutes } from "./bundles/bundle-routes.ts";
import { BundleService } from "./bundles/bundle-service.ts";
import { createFeatureDistributionRoutes } from "./bundles/feature-distribution-routes.ts";
import { FeatureDistributionService } from "./bundles/feature-distribution-service.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { DatabaseLocation } from "./config.ts";
import type { FolderLock } from "./db/data-folder-lock.ts";
import type { Database } from "./db/database.ts";
import { openDatabase } from "./db/open-database.ts";
import { doctorRoutes } from "./doctor/doctor-routes.ts";
import { DoctorService } from "./doctor/doctor-service.ts";
import { erasureRoutes } from "./erasure/erasure-routes.ts";
import { ErasureService } from "./erasure/erasure-service.ts";
import { feedRoutes } from "./feeds/feed-routes.ts";
import { FeedService } from "./feeds/feed-service.ts";
import { guardRoutes } from "./guard/guard-routes.ts";
import { GuardService } from "./guard/guard-service.ts";
import { PlanService } from "./guard/plan-service.ts";
import { ReplayService } from "./guard/replay-service.ts";
import { rolloutEvidenceRoutes } from "./guard/rollout-evidence-routes.ts";
import { stepRecords } from "./guard/step-records-store.ts";
import type { Router } from "./http/router.ts";
import { IdempotencyService } from "./idempotency/idempotency-service.ts";
import { toGuardJobResult } from "./jobs/guard-job.ts";
import type { JobHandlers } from "./jobs/job.ts";
import { jobRoutes } from "./jobs/job-routes.ts";
import { JobService } from "./jobs/job-service.ts";
import { judgeRoutes } from "./judges/judge-routes.ts";
import { JudgeWeightService } from "./judges/judge-weight-service.ts";
import { judgedResultRoutes } from "./judges/judged-result-routes.ts";
import { JudgedResultService } from "./judges/judged-result-service.ts";
import { labeledExampleRoutes } from "./labeled-examples/labeled-example-routes.ts";
import { LabeledExampleService } from "./labeled-examples/labeled-example-service.ts";
import { notificationRoutes } from "./notifications/notification-routes.ts";
import { NotificationService } from "./notifications/notification-service.ts";
import { sendWebhook } from "./notifications/webhook-service.ts";
import { ReviewItemService } from "./review/review-item-service.ts";
import { ReviewLeaseService } from "./review/review-lease-service.ts";
import { reviewRoutes } from "./review/review-routes.ts";
import { ReviewService } from "./review/review-service.ts";
import { OverrideService } from "./rollouts/override-service.ts";
import { rollbackRoutes } from "./rollouts/rollback-routes.ts";
import { RollbackService } from "./rollouts/rollback-service.ts";
import { rolloutRoutes } from "./rollouts/rollout-routes.ts";
import { RolloutService } from "./rollouts/rollout-service.ts";
import { queueStatisticsRoutes } from "./sampling/queue-statistics-routes.ts";
import { QueueStatisticsService } from "./sampling/queue-statistics-service.ts";
import { samplingRoutes } from "./sampling/sampling-routes.ts";
import { SamplingService } from "./sampling/sampling-service.ts";
import { settingsRoutes } from "./settings/settings-routes.ts";
import { SettingsService } from "./settings/settings-service.ts";
import { signalRoutes } from "./signals/signal-routes.ts";
import { SignalService } from "./signals/signal-service.ts";
import { statusRoutes } from "./status/status-routes.ts";
import { StatusService } from "./status/status-service.ts";
import { switchboardRoutes } from "./switchboard/switchboard-routes.ts";
import { SwitchboardService } from "./switchboard/switchboard-service.ts";
import { learningCurveRoutes } from "./training/learning-curve-routes.ts";
import { createLabelMapper } from "./training/training-rows.ts";
import { TrainingService } from "./training/training-service.ts";

export const RELEARN_VERSION: string = manifest.version;

/** Every service of one installation, wired. */
export interface Services {
  readonly access: AccessService;
  readonly audit: AuditService;
  readonly agents: AgentService;
  readonly trainer: TrainingService;
  readonly judges: JudgeWeightService;
  readonly judgedResults: JudgedResultService;
  readonly settings: SettingsService;
  readonly rollouts: RolloutService;
  readonly overrides: OverrideService;
  readonly bundles: BundleService;
  readonly approvals: ApprovalService;
  readonly rollbacks: RollbackService;
  readonly signals: SignalService;
  readonly feeds: FeedService;
  readonly erasure: ErasureService;
  readonly examples: LabeledExampleService;
  readonly idempotency: IdempotencyService;
  readonly changes: ChangeStreams;
  readonly jobs: JobService;
  readonly doctor: DoctorService;
  readonly status: StatusService;
  readonly guard: GuardService;
  readonly switchboard: SwitchboardService;
  readonly sampler: SamplingService;
  readonly queueStatistics: QueueStatisticsService;
  readonly featureDistribution: FeatureDistributionService;
  readonly review: ReviewService;
  readonly reviewItems: ReviewItemService;
  readonly reviewLeases: ReviewLeaseService;
  readonly replays: ReplayService;
  readonly notifications: NotificationService;
}

export interface Installation extends Services {
  readonly database: Database;
  readonly clock: Clock;
  readonly lock: FolderLock | undefined;
  /** Says under which address the service is served, for links in notifications where no setting says it. */
  serveAt(address: string): void;
  /** Ends what runs and closes the database. Safe to call twice. */
  close(): Promise<void>;
}

export interface CompositionOptions {
  /** Where time comes from; left out: the system's clock. */
  readonly clock?: Clock | undefined;
  /** The salt of each rollout that is proposed; left out: a fresh random one. */
  readonly newSalt?: (() => string) | undefined;
}

/** Opens the database at the location and wires the services on it. */
export async function openInstallation(
  location: DatabaseLocation,
  options: CompositionOptions = {},
): Promise<Installation> {
  const { database, lock } = await openDatabase(location);
  try {
    return await composeInstallation(database, { ...options, lock });
  } catch (error) {
    await database.close();
    await lock?.release();
    throw error;
  }
}

/** Wires the services on a database that is open and migrated. */
export async function composeInstallation(
  database: Database,
  options: CompositionOptions & { lock?: FolderLock | undefined } = {},
): Promise<Installation> {
  const clock = options.clock ?? systemClock;
  const audit = new AuditService(database, clock);
  const agents = new AgentService(database, audit, clock);
  const trainer = new TrainingService(database, agents, clock, RELEARN_VERSION);
  const judges = new JudgeWeightService({
    database,
    audit,
    clock,
    agents,
    crossFit: (bundle, training) => trainer.crossFit(bundle, training),
  });
  const judgedResults = new JudgedResultService(database, clock, agents, judges);
  await agents.addBuiltIns();
  const settings = new SettingsService(database, audit, agents, clock);
  await settings.installedAt();
  const rollouts = new RolloutService(database, audit, clock, stepRecords, options.newSalt);
  const overrides = new OverrideService(database, audit, clock);
  const plans = new PlanService(database, agents, clock);
  const backtests = new BacktestService({ database, agents, clock, createLabelMapper: createLabelMapper });
  const bundles = new BundleService({ database, audit, clock, agents, trainer });
  const rollbacks = new RollbackService({ audit, clock, agents, rollouts });
  const approvals = new ApprovalService({
    bundles,
    rollouts,
    findPolicy: (agent) => settings.rolloutPolicy(agent),
    plan: (agent, policy, attempt) => plans.plan(agent, policy, attempt),
    backtest: (agent, before, after) => backtests.run(agent, before, after),
  });
  const replays = new ReplayService(database);
  const notifications = new NotificationService({
    database,
    audit,
    clock,
    base: async () => (await settings.publicUrl()) ?? servedAt ?? "",
    send: sendWebhook,
  });
  const signals = new SignalService(database, audit, agents, clock);
  const examples = new LabeledExampleService(database, audit, agents, clock);
  const guard = new GuardService({ database, clock, agents, rollouts });
  const switchboard = new SwitchboardService(database, agents, clock);
  const reviewItems = new ReviewItemService(database, clock, agents, judges);
  const reviewLeases = new ReviewLeaseService({ database, audit, clock, agents, items: reviewItems });
  const review = new ReviewService({ audit, clock, agents, examples, items: reviewItems });
  const queueStatistics = new QueueStatisticsService(database, clock, agents, judges);
  const sampler = new SamplingService({ database, audit, clock, agents, judges });
  const feeds = new FeedService({
    database,
    audit,
    clock,
    agents,
    examples,
    createLabelMapper: createLabelMapper,
  });
  const checkCanaries = async () => toGuardJobResult(await guard.nightlyGuardCheck());
  const handlers: Partial<JobHandlers> = {
    load_labeled_data: async () => ({ ...(await feeds.loadAll()) }),
    update_judge_weights: async () => ({ updated: await judges.update() }),
    sample_review_queue: async () => {
      const reports = await sampler.dailySampleReviewQueue();
      await queueStatistics.record();
      return { queued: Object.fromEntries(reports.map(({ agent, queued }) => [agent, queued])) };
    },
    check_canaries: checkCanaries,
    guard: checkCanaries,
  };
  const jobs = new JobService(database, audit, settings, clock, handlers);
  const doctor = new DoctorService({ database, clock, agents, settings, bundles, rollouts, jobs });
  const access = new AccessService(database, audit, clock);
  const status = new StatusService({ access, doctor, bundles, approvals, guard });
  let servedAt: string | undefined;
  const changes = new ChangeStreams(new AuditWatchService(database, audit));
  let closing: Promise<void> | undefined;
  return {
    database,
    clock,
    lock: options.lock,
    access,
    audit,
    agents,
    trainer,
    judges,
    judgedResults,
    settings,
    rollouts,
    overrides,
    bundles,
    approvals,
    rollbacks,
    signals,
    feeds,
    erasure: new ErasureService(audit),
    idempotency: new IdempotencyService(database, clock),
    changes,
    examples,
    jobs,
    doctor,
    status,
    guard,
    switchboard,
    sampler,
    queueStatistics: queueStatistics,
    featureDistribution: new FeatureDistributionService(database, agents, clock),
    review,
    reviewItems,
    reviewLeases,
    replays,
    notifications,
    serveAt(address) {
      servedAt = address;
    },
    close() {
      closing ??= (async () => {
        changes.close();
        await jobs.stop();
        await database.close();
        await options.lock?.release();
      })();
      return closing;
    },
  };
}

/** The HTTP application of an installation. Opens no port. */
export function createInstallationApp(
  services: Services,
  edge: Pick<AppOptions, "authenticate" | "rateLimiter" | "reportFailure" | "reportRequest">,
): Router {
  return createApp({
    version: RELEARN_VERSION,
    pages: consoleFiles(),
    idempotency: services.idempotency,
    ...edge,
    routers: [
      sessionRoutes(services.access, services.audit, RELEARN_VERSION),
      keyRoutes(services.access),
      agentRoutes(services.agents),
      auditRoutes(services.audit),
      changeRoutes(services.changes),
      settingsRoutes(services.settings),
      bundleRoutes(services.bundles),
      approvalRoutes(services.approvals, services.bundles),
      rollbackRoutes(services.rollbacks),
      judgeRoutes(services.judges),
      judgedResultRoutes(services.judgedResults),
      signalRoutes(services.signals),
      feedRoutes(services.feeds),
      erasureRoutes(services.erasure),
      labeledExampleRoutes(services.examples),
      jobRoutes(services.jobs),
      doctorRoutes(services.doctor),
      statusRoutes(services.status),
      rolloutRoutes({ ...services, findFigures: (rolloutIds) => services.guard.newestFigures(rolloutIds) }),
      rolloutEvidenceRoutes(services.rollouts, services.guard, services.replays),
      notificationRoutes(services.notifications),
      guardRoutes(services.guard, services.rollouts),
      switchboardRoutes(services.switchboard),
      samplingRoutes(services.sampler),
      queueStatisticsRoutes(services.queueStatistics),
      learningCurveRoutes(services.trainer),
      createFeatureDistributionRoutes(services.featureDistribution),
      reviewRoutes({
        items: services.reviewItems,
        leases: services.reviewLeases,
        answers: services.review,
      }),
    ],
  });
}
