/** The library on an installation: each method checks its arguments and calls a service. */
import {
  addEndpointRequestSchema,
  adjudicateRequestSchema,
  adjustBundleRequestSchema,
  agentNameSchema,
  applyApprovalRequestSchema,
  approvalsQuerySchema,
  approveRequestSchema,
  auditQuerySchema,
  bundlesQuerySchema,
  checkCanaryRequestSchema,
  claimItemRequestSchema,
  claimItemsRequestSchema,
  conflictsQuerySchema,
  correctLabelRequestSchema,
  createBundleRequestSchema,
  createKeyRequestSchema,
  disputedItemsQuerySchema,
  eraseRequestSchema,
  examplesQuerySchema,
  explainRequestSchema,
  jobRunsQuerySchema,
  judgedResultsQuerySchema,
  killSwitchRequestSchema,
  labelCountsQuerySchema,
  labelItemRequestSchema,
  loadFeedsRequestSchema,
  notificationsQuerySchema,
  pauseCanaryRequestSchema,
  pauseJobRequestSchema,
  personSchema,
  populationQuerySchema,
  promoteCanaryRequestSchema,
  rejectRequestSchema,
  releaseItemRequestSchema,
  renewLeaseRequestSchema,
  replaceBundleRequestSchema,
  requestReviewRequestSchema,
  reviewItemsQuerySchema,
  reviewOverrideRequestSchema,
  rollBackCanaryRequestSchema,
  sampleRequestSchema,
  settleConflictRequestSchema,
  signalKinds,
  skipItemRequestSchema,
  timeSchema,
  undoAnswerRequestSchema,
} from "@relearn/contract";
import { z } from "zod";
import { toActor } from "./actor.ts";
import { checked, checkedPages, toLibraryShape } from "./check-input.ts";
import type { Installation } from "./compose.ts";
import type { Relearn } from "./relearn.ts";
import { attachFigures } from "./rollouts/attach-figures.ts";
import type { StoredRollout } from "./rollouts/rollout-store.ts";
import { everyRight } from "./rollouts/step.ts";
import type { TrainingReport } from "./training/training-snapshot.ts";

/** A number by a schema of HTTP, which would also accept text. */
function toNumber<Output>(schema: z.ZodType<Output, unknown>) {
  return z
    .number()
    .optional()
    .pipe(schema as z.ZodType<Output, number | undefined>);
}

const identifier = z.string().min(1).max(512);
const agent = ["agent", agentNameSchema] as const;
const bundleId = ["bundleId", identifier] as const;
const approvalId = ["approvalId", identifier] as const;
const rolloutId = ["rolloutId", identifier] as const;
const id = z.int().min(1);
const itemId = ["itemId", id] as const;
const job = ["job", identifier] as const;

const person = z.union(
  [personSchema, z.strictObject({ name: personSchema, kind: z.enum(["key", "asserted", "system"]) })],
  "must be a person's name of 1 to 200 characters, or an actor { name, kind }",
);
const actor = { actor: person };
const byActor = ["options", z.strictObject(actor)] as const;
const optionalActor = { actor: person.optional() };
const command = {
  rights: z.array(z.enum(everyRight)).optional(),
  idempotencyKey: z.string().min(1).max(255).optional(),
};
const byCommand = { ...actor, ...command };
const byReason = ["options", z.strictObject({ ...byCommand, ...pauseCanaryRequestSchema.shape })] as const;
const byOptionalReason = [
  "options",
  z.strictObject({ ...byCommand, ...rollBackCanaryRequestSchema.shape }),
] as const;

const page = { limit: toNumber(approvalsQuerySchema.shape.limit) };
const positionedPage = { ...page, before: toNumber(auditQuerySchema.shape.before) };
const records = z.custom<readonly unknown[]>(Array.isArray, "must be a list of records");
const days = (schema: z.ZodType<number | undefined, unknown>) =>
  ["options", z.strictObject({ days: toNumber(schema) }).prefault({})] as const;

const since = z
  .date()
  .refine((date) => timeSchema.safeParse(date.toISOString()).success, "must be a time of 1970 or later")
  .optional();
const load = { since, limit: loadFeedsRequestSchema.shape.limit, ...optionalActor };
const loadOptions = ["options", z.strictObject(load).prefault({})] as const;
const exampleFilter = {
  agent: examplesQuerySchema.shape.agent,
  source: examplesQuerySchema.shape.source,
  label: examplesQuerySchema.shape.label,
  key: examplesQuerySchema.shape.key,
  superseded: z.boolean().optional(),
};
const auditFilter = {
  actor: auditQuerySchema.shape.actor,
  kind: auditQuerySchema.shape.kind,
  agent: auditQuerySchema.shape.agent,
  object: auditQuerySchema.shape.object,
};
const watch = {
  onProgress: z
    .custom<(report: TrainingReport) => void>((value) => typeof value === "function", "must be a function")
    .optional(),
  signal: z.instanceof(AbortSignal).optional(),
};
const checkCanary = [
  "options",
  z.strictObject(toLibraryShape(checkCanaryRequestSchema)).prefault({}),
] as const;
const sample = [
  "options",
  z.strictObject({ ...toLibraryShape(sampleRequestSchema), ...optionalActor }).prefault({}),
] as const;
const approver = { approver: person, ...command };

/** Installations by the library objects made of them, for `relearn/testing`. */
const installations = new WeakMap<Relearn, Installation>();

/** Returns the installation behind a library object that `createRelearn` made. */
export function getInstallation(relearn: Relearn): Installation | undefined {
  return installations.get(relearn);
}

/** Makes the library's interface to an installation. */
export function createRelearn(installation: Installation): Relearn {
  const { guard, rollouts } = installation;
  const toRollouts = (stored: readonly StoredRollout[]) =>
    attachFigures(stored, (rolloutIds) => guard.newestFigures(rolloutIds));
  const relearn: Relearn = {
    ...createLearning(installation),
    ...createReviewing(installation),
    ...createReleasing(installation),
    ...createOperating(installation),
    rollouts: {
      get: checked([rolloutId], async (id) => (await toRollouts([await rollouts.get(id)]))[0]!),
      getRunning: checked([agent], async (name) => {
        await installation.agents.get(name);
        const running = await rollouts.running(name);
        return running && (await toRollouts([running]))[0];
      }),
      list: checked(
        [["options", z.strictObject({ agent: agentNameSchema.optional(), ...page }).prefault({})]],
        async ({ limit, ...filter }) => toRollouts(await rollouts.list(filter, limit)),
      ),
      getRelease: checked([agent], async (name) => {
        await installation.agents.get(name);
        return rollouts.release(name);
      }),
      getSwitchboardConfig: checked([agent], (name) => installation.switchboard.config(name)),
      setKillSwitch: checked(
        [agent, ["options", z.strictObject({ ...byCommand, ...killSwitchRequestSchema.shape })]],
        async (name, { on, reason, ...options }) => {
          await installation.agents.get(name);
          return rollouts.setKillSwitch(name, on, reason, options);
        },
      ),
      abort: checked([rolloutId, byOptionalReason], (id, { reason = "", ...options }) =>
        rollouts.command(id, { kind: "abort", reason }, options),
      ),
      listJournal: checked([rolloutId], async (id) => {
        await rollouts.get(id);
        return rollouts.journal(id);
      }),
      listAnalyses: checked([rolloutId], async (id) => {
        await rollouts.get(id);
        return guard.analyses(id);
      }),
      listReceipts: checked([rolloutId], async (id) => {
        await rollouts.get(id);
        return installation.replays.receipts(id);
      }),
      replay: checked([rolloutId], (id) => installation.replays.replay(id)),
      getArmHistory: checked([rolloutId], (id) => guard.armHistory(id)),
      listOverrides: checked(
        [
          [
            "options",
            z
              .strictObject({ agent: agentNameSchema.optional(), open: z.boolean().optional(), ...page })
              .prefault({}),
          ],
        ],
        ({ limit, ...filter }) => installation.overrides.list(filter, limit),
      ),
      reviewOverride: checked(
        [
          rolloutId,
          ["generation", id],
          ["options", z.strictObject({ ...byCommand, ...reviewOverrideRequestSchema.shape })],
        ],
        (id, generation, { finding, notes, ...options }) =>
          installation.overrides.review(id, generation, { finding, notes }, options),
      ),
    },
    close: () => installation.close(),
  };
  installations.set(relearn, installation);
  return relearn;
}

function createLearning({
  signals,
  feeds,
  examples,
  agents,
  bundles,
  trainer,
  featureDistribution,
}: Installation): Pick<Relearn, "signals" | "feeds" | "examples" | "agents" | "bundles"> {
  return {
    signals: {
      ingest: checked(
        [["kind", z.enum(signalKinds)], ["records", records], byActor],
        (kind, batch, options) => signals.ingest(kind, batch, options),
      ),
    },
    feeds: {
      loadAll: checked([loadOptions], (options) => feeds.loadAll(options)),
      loadFromApprovals: checked([loadOptions], (options) => feeds.loadFromApprovals(options)),
      loadFromFeedback: checked([loadOptions], (options) => feeds.loadFromFeedback(options)),
      loadFromGoldsets: checked(
        [["options", z.strictObject({ ...load, agent: agentNameSchema.optional() }).prefault({})]],
        (options) => feeds.loadFromGoldsets(options),
      ),
      getStats: checked([], () => feeds.getStats()),
    },
    examples: {
      add: checked([["documents", records], byActor], (documents, options) =>
        examples.add(documents, options),
      ),
      list: checked(
        [
          [
            "options",
            z
              .strictObject({
                ...exampleFilter,
                ...page,
                before: toNumber(examplesQuerySchema.shape.before),
                after: toNumber(examplesQuerySchema.shape.after),
              })
              .prefault({}),
          ],
        ],
        ({ before, after, limit, ...filter }) => examples.list(filter, { before, after, limit }),
      ),
      export: checkedPages([["filter", z.strictObject(exampleFilter).prefault({})]], (filter) =>
        examples.export(filter),
      ),
      listConflicts: checked(
        [
          [
            "options",
            z
              .strictObject({
                ...page,
                agent: conflictsQuerySchema.shape.agent,
                state: conflictsQuerySchema.shape.state,
                before: toNumber(conflictsQuerySchema.shape.before),
              })
              .prefault({}),
          ],
        ],
        ({ before, limit, ...filter }) => examples.conflicts(filter, { before, limit }),
      ),
      settleConflict: checked(
        [["conflictId", id], ["settlement", settleConflictRequestSchema.shape.settlement], byActor],
        (conflict, settlement, options) => examples.settle(conflict, settlement, options),
      ),
      getStats: checked([], () => examples.stats()),
      getLabelCounts: checked([agent, days(labelCountsQuerySchema.shape.days)], (name, options) =>
        examples.countDailyLabels(name, options.days ?? 90),
      ),
    },
    agents: {
      apply: checked([["definition", z.unknown()], byActor], (definition, options) =>
        agents.apply(definition, options),
      ),
      list: checked([], () => agents.list()),
      get: checked([agent], (name) => agents.get(name)),
    },
    bundles: {
      create: checked(
        [
          agent,
          [
            "options",
            z
              .strictObject({ ...toLibraryShape(createBundleRequestSchema), ...watch, ...optionalActor })
              .prefault({}),
          ],
        ],
        (name, options) => bundles.create(name, options),
      ),
      adjust: checked(
        [bundleId, ["options", z.strictObject({ ...adjustBundleRequestSchema.shape, ...optionalActor })]],
        (id, options) => bundles.adjust(id, options),
      ),
      get: checked([bundleId], (id) => bundles.get(id)),
      list: checked(
        [["options", z.strictObject({ ...bundlesQuerySchema.shape, ...page }).prefault({})]],
        ({ limit, ...filter }) => bundles.list(filter, limit),
      ),
      explain: checked(
        [
          agent,
          ["payload", explainRequestSchema.shape.payload],
          ["options", z.strictObject({ bundleId: explainRequestSchema.shape.bundle_id }).prefault({})],
        ],
        (name, payload, options) => bundles.explain(name, payload, options),
      ),
      diff: checked(
        [
          ["toId", identifier],
          ["fromId", identifier.optional()],
        ],
        (to, from) => bundles.diff(to, from),
      ),
      listBackups: checked([agent], async (name) => {
        await agents.get(name);
        return bundles.backups(name);
      }),
      verify: checked([bundleId, ["watch", z.strictObject(watch).prefault({})]], (id, options) =>
        bundles.verify(id, options),
      ),
      getLearningCurve: checked([agent], (name) => trainer.learningCurve(name)),
      getFeatureDistribution: checked([agent], (name) => featureDistribution.read(name)),
    },
  };
}

function createReviewing({
  judges,
  judgedResults,
  sampler,
  queueStatistics,
  review,
  reviewItems,
  reviewLeases,
}: Installation): Pick<Relearn, "judges" | "sampler" | "review"> {
  return {
    judges: {
      update: checked(
        [
          ["agent", agentNameSchema.optional()],
          ["options", z.strictObject(optionalActor).prefault({})],
        ],
        (name, options) => judges.update(name, options),
      ),
      getWeights: checked([agent], async (name) => {
        await judges.show(name);
        return judges.getWeights(name);
      }),
      getReport: checked([agent], (name) => judges.show(name)),
      getReliability: checked([agent], (name) => judges.reliability(name)),
      listJudgedResults: checked(
        [agent, ["options", z.strictObject({ ...judgedResultsQuerySchema.shape, ...page })]],
        (name, { limit, ...cell }) => judgedResults.list(name, cell, limit),
      ),
      compareMethods: checked([agent], (name) => judgedResults.compareMethods(name)),
    },
    sampler: {
      sampleForReview: checked([agent, sample], (name, options) => sampler.sampleForReview(name, options)),
      sample: checked([agent, sample], (name, options) => sampler.sample(name, options)),
      dailySampleReviewQueue: checked(
        [
          [
            "options",
            z
              .strictObject({
                strategy: sampleRequestSchema.shape.strategy,
                topNPerAgent: sampleRequestSchema.shape.top_n,
                ...optionalActor,
              })
              .prefault({}),
          ],
        ],
        (options) => sampler.dailySampleReviewQueue(options),
      ),
      getReviewQueueStats: checked([], () => sampler.getReviewQueueStats()),
      getQueueStatistics: checked([agent], (name) => queueStatistics.progress(name)),
      estimatePopulation: checked([agent, days(populationQuerySchema.shape.days)], (name, options) =>
        queueStatistics.population(name, options),
      ),
    },
    review: {
      request: checked(
        [agent, ["taskKey", requestReviewRequestSchema.shape.task_key], byActor],
        (name, key, options) => reviewLeases.request(name, key, options),
      ),
      claim: checked(
        [
          agent,
          [
            "options",
            z.strictObject({ ...toLibraryShape(claimItemsRequestSchema.omit({ agent: true })), ...actor }),
          ],
        ],
        (name, options) => reviewLeases.claim(name, options),
      ),
      claimItem: checked(
        [itemId, ["options", z.strictObject({ ...toLibraryShape(claimItemRequestSchema), ...actor })]],
        (item, options) => reviewLeases.claimItem(item, options),
      ),
      renew: checked(
        [
          itemId,
          [
            "options",
            z.strictObject({
              ...toLibraryShape(claimItemRequestSchema),
              ...toLibraryShape(renewLeaseRequestSchema),
              ...actor,
            }),
          ],
        ],
        (item, options) => reviewLeases.renew(item, options),
      ),
      release: checked(
        [itemId, ["options", z.strictObject({ ...toLibraryShape(releaseItemRequestSchema), ...actor })]],
        (item, options) => reviewLeases.release(item, options),
      ),
      label: checked(
        [
          itemId,
          ["label", labelItemRequestSchema.shape.label],
          [
            "options",
            z.strictObject({ ...toLibraryShape(labelItemRequestSchema.omit({ label: true })), ...actor }),
          ],
        ],
        (item, label, options) => review.label(item, label, options),
      ),
      skip: checked(
        [
          itemId,
          ["reason", skipItemRequestSchema.shape.reason],
          [
            "options",
            z.strictObject({ ...toLibraryShape(skipItemRequestSchema.omit({ reason: true })), ...actor }),
          ],
        ],
        (item, reason, options) => review.skip(item, reason, options),
      ),
      undo: checked(
        [["options", z.strictObject({ ...toLibraryShape(undoAnswerRequestSchema), ...actor })]],
        (options) => review.undo(options),
      ),
      correct: checked(
        [
          itemId,
          ["label", correctLabelRequestSchema.shape.label],
          ["options", z.strictObject({ notes: correctLabelRequestSchema.shape.notes, ...actor })],
        ],
        (item, label, options) => review.correct(item, label, options),
      ),
      adjudicate: checked(
        [
          itemId,
          ["label", adjudicateRequestSchema.shape.label],
          ["options", z.strictObject({ rationale: adjudicateRequestSchema.shape.rationale, ...actor })],
        ],
        (item, label, options) => review.adjudicate(item, label, options),
      ),
      get: checked(
        [itemId, ["options", z.strictObject({ reveal: z.boolean().optional(), ...actor })]],
        (item, options) => reviewItems.get(item, options),
      ),
      list: checked(
        [
          [
            "options",
            z.strictObject({
              agent: reviewItemsQuerySchema.shape.agent,
              state: reviewItemsQuerySchema.shape.state,
              ...positionedPage,
              ...actor,
            }),
          ],
        ],
        ({ before, limit, actor, ...filter }) => reviewItems.list(filter, { before, limit }, { actor }),
      ),
      listDisputed: checked(
        [
          [
            "options",
            z.strictObject({ agent: disputedItemsQuerySchema.shape.agent, ...positionedPage }).prefault({}),
          ],
        ],
        ({ agent, before, limit }) => reviewItems.disputed(agent, { before, limit }),
      ),
      listQueues: checked([], () => reviewItems.queues()),
      getAgreement: checked([agent], (name) => reviewItems.agreement(name)),
    },
  };
}

function createReleasing({
  approvals,
  rollbacks,
  guard,
}: Installation): Pick<Relearn, "approvals" | "rollbacks" | "guard"> {
  return {
    approvals: {
      propose: checked(
        [agent, bundleId, ["options", z.strictObject({ proposer: person })]],
        (name, bundle, options) => approvals.propose(name, bundle, options),
      ),
      edit: checked(
        [
          approvalId,
          [
            "options",
            z.strictObject({ ...toLibraryShape(replaceBundleRequestSchema), editor: person, ...command }),
          ],
        ],
        (id, options) => approvals.edit(id, options),
      ),
      approve: checked(
        [approvalId, ["options", z.strictObject({ ...toLibraryShape(approveRequestSchema), ...approver })]],
        (id, options) => approvals.approve(id, options),
      ),
      reject: checked(
        [approvalId, ["options", z.strictObject({ ...rejectRequestSchema.shape, ...approver })]],
        (id, options) => approvals.reject(id, options),
      ),
      apply: checked(
        [
          approvalId,
          ["options", z.strictObject({ ...toLibraryShape(applyApprovalRequestSchema), ...byCommand })],
        ],
        (id, options) => approvals.apply(id, options),
      ),
      get: checked([approvalId], (id) => approvals.get(id)),
      list: checked(
        [["options", z.strictObject({ ...approvalsQuerySchema.shape, ...page }).prefault({})]],
        ({ limit, ...filter }) => approvals.list(filter, limit),
      ),
      listPending: checked([["agent", agentNameSchema.optional()]], (name) => approvals.listPending(name)),
    },
    rollbacks: {
      rollback: checked([agent, byOptionalReason], (name, options) => rollbacks.rollback(name, options)),
    },
    guard: {
      checkCanaryPerformance: checked([agent, checkCanary], (name, options) =>
        guard.checkCanaryPerformance(name, options),
      ),
      analyze: checked([agent, checkCanary], (name, options) => guard.analyze(name, options)),
      promoteCanary: checked(
        [agent, ["options", z.strictObject({ ...toLibraryShape(promoteCanaryRequestSchema), ...byCommand })]],
        (name, options) => guard.promoteCanary(name, options),
      ),
      rollbackCanary: checked([agent, byOptionalReason], (name, options) =>
        guard.rollbackCanary(name, options),
      ),
      pauseCanary: checked([agent, byReason], (name, options) => guard.pauseCanary(name, options)),
      resumeCanary: checked([agent, byReason], (name, options) => guard.resumeCanary(name, options)),
      gradualRollout: checked([agent], (name) => guard.gradualRollout(name)),
      nightlyGuardCheck: checked([], () => guard.nightlyGuardCheck()),
      getStatus: checked([agent], (name) => guard.status(name)),
    },
  };
}

function createOperating({
  agents,
  settings,
  jobs,
  audit,
  notifications,
  access,
  erasure,
  doctor,
  status,
}: Installation): Pick<
  Relearn,
  "settings" | "jobs" | "audit" | "notifications" | "access" | "erasure" | "doctor"
> {
  const key = ["key", identifier] as const;
  const endpoint = ["name", z.string()] as const;
  const pauseJob = ["options", z.strictObject({ ...pauseJobRequestSchema.shape, ...actor })] as const;
  return {
    settings: {
      list: checked([], () => settings.list()),
      get: checked([key], (key) => settings.get(key)),
      set: checked([key, ["value", z.unknown()], byActor], (key, value, options) =>
        settings.set(key, value, options),
      ),
      reset: checked([key, byActor], (key, options) => settings.reset(key, options)),
      getRolloutPolicy: checked([agent], async (name) => {
        await agents.get(name);
        return settings.rolloutPolicy(name);
      }),
    },
    jobs: {
      list: checked([], () => jobs.list()),
      get: checked([job], (name) => jobs.get(name)),
      listRuns: checked(
        [["options", z.strictObject({ job: jobRunsQuerySchema.shape.job, ...positionedPage }).prefault({})]],
        ({ job, ...page }) => jobs.history({ job }, page),
      ),
      run: checked([job, byActor], (name, options) => jobs.run(name, options)),
      pause: checked([job, pauseJob], (name, options) => jobs.pause(name, options)),
      resume: checked([job, pauseJob], (name, options) => jobs.resume(name, options)),
    },
    audit: {
      list: checked(
        [["options", z.strictObject({ ...auditFilter, ...positionedPage }).prefault({})]],
        ({ before, limit, ...filter }) => audit.list(filter, { before, limit }),
      ),
      export: checkedPages([["filter", z.strictObject(auditFilter).prefault({})]], (filter) =>
        audit.export(filter),
      ),
      verify: checked([], () => audit.verify()),
    },
    notifications: {
      listEndpoints: checked([], () => notifications.endpoints()),
      listMessages: checked(
        [
          [
            "options",
            z.strictObject({ endpoint: notificationsQuerySchema.shape.endpoint, ...page }).prefault({}),
          ],
        ],
        ({ limit, ...filter }) => notifications.list(filter, limit),
      ),
      addEndpoint: checked(
        [endpoint, ["options", z.strictObject({ ...addEndpointRequestSchema.shape, ...actor })]],
        (name, options) => notifications.add(name, options),
      ),
      removeEndpoint: checked([endpoint, byActor], (name, options) => notifications.remove(name, options)),
      testEndpoint: checked([endpoint, byActor], (name, options) => notifications.test(name, options)),
      deliverDue: checked([], () => notifications.deliverDue()),
    },
    access: {
      createKey: checked(
        [["options", z.strictObject({ ...toLibraryShape(createKeyRequestSchema), ...actor })]],
        ({ actor, expiresAt, ...wanted }) =>
          access.createKey({ ...wanted, expires_at: expiresAt }, { actor }),
      ),
      listKeys: checked([], () => access.keys()),
      revokeKey: checked([["keyId", identifier], byActor], (id, options) => access.revokeKey(id, options)),
      listSessions: checked([["person", personSchema.optional()]], (name) => access.sessions(name)),
      endSession: checked([["sessionId", identifier], byActor], (id, options) =>
        access.endSession(id, { actor: toActor(options.actor) }),
      ),
    },
    erasure: {
      erase: checked([["key", eraseRequestSchema.shape.key], byActor], (key, options) =>
        erasure.erase(key, options),
      ),
    },
    doctor: {
      examine: checked([], () => doctor.examine()),
      getStatus: checked([], async () => status.status({ isOpen: await access.isOpen() })),
    },
  };
}
