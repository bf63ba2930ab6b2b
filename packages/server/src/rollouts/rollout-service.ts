/**
 * Moves rollouts: load → decide → write, in one transaction.
 *
 * `decideStep` decides. This service reads what it needs to know (the active bundle, whether another rollout is
 * running) and writes the result: the rollout under its next generation, the journal, the agent's release, backups,
 * bundle states, receipts, the audit event. It locks the agent's release first, so that commands on one agent run
 * one after the other, and compares generations as well.
 */

import { randomBytes } from "node:crypto";
import type {
  ApprovalBacktest,
  BundleDiff,
  MoveResult,
  Release,
  Rollout,
  RolloutJournalEntry,
  RolloutPlan,
  RolloutPolicy,
  Verdict,
} from "@relearn/contract";
import type { Transaction } from "kysely";
import { type Actor, type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { requireBundle, setBundleStatus } from "../bundles/bundle-store.ts";
import type { Clock } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import type { JsonObject, Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import { newId } from "../new-id.ts";
import { withKillSwitch } from "../releases/release.ts";
import { findRelease, lockRelease } from "../releases/release-store.ts";
import { decideStep } from "./decide-step.ts";
import { proposeRollout, runningStates } from "./rollout.ts";
import {
  appendJournal,
  countStartedRollouts,
  findRolloutByApproval,
  findRunningRollout,
  hasJournalKey,
  insertRollout,
  listOpenRollouts,
  listRollouts,
  type RolloutFilter,
  readJournal,
  requireRollout,
  type StoredRollout,
  updateReading,
} from "./rollout-store.ts";
import { everyRight, type RolloutEvent, type RolloutRight, type Step } from "./step.ts";
import { notify, type StepRecords, writeRelease, writeStep } from "./step-store.ts";

/** Actor of a command and the rights it has; a library caller has every right. */
export interface CommandOptions {
  readonly actor: ActorReference;
  readonly rights?: readonly RolloutRight[] | undefined;
  /** A command with a key that was used before is not carried out again. */
  readonly idempotencyKey?: string | undefined;
}

/** Command of a person, without the members that this service fills in. */
export type RolloutCommand =
  | {
      readonly kind: "approve";
      readonly rationale: string;
      readonly break_glass?: boolean;
      /** Digest of the bundle that was read, or at least its first 12 digits; required if the request was edited. */
      readonly bundle_digest?: string;
    }
  | { readonly kind: "reject"; readonly rationale: string }
  | { readonly kind: "start"; readonly percent?: number }
  | { readonly kind: "abort" | "kill_switch" | "roll_back" | "pause" | "resume"; readonly reason: string };

type Write = Transaction<Tables>;

/** What approvers read beside a bundle. All but the diff against the active bundle is computed before the transaction. */
interface ReadingMaker {
  readonly plan?: RolloutPlan | null;
  readonly backtest?: ApprovalBacktest | null;
  readonly diff: (activeBundleId: string | null, trx: Write) => Promise<BundleDiff>;
}

/** Computes a verdict on the locked rollout, within the transaction that moves it. */
export type MakeVerdict<Found = Verdict> = (
  trx: Write,
  stored: StoredRollout,
  release: Release,
  now: Date,
) => Promise<Found>;

export class RolloutService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #records: StepRecords;
  readonly #newSalt: () => string;

  /** `newSalt` returns each rollout's salt, random by default; a caller that has to repeat its splits gives its own. */
  constructor(
    database: Database,
    audit: AuditService,
    clock: Clock,
    records: StepRecords,
    newSalt: () => string = randomSalt,
  ) {
    this.#database = database;
    this.#audit = audit;
    this.#clock = clock;
    this.#records = records;
    this.#newSalt = newSalt;
  }

  /**
   * Opens a request to release a bundle, bound to its digest and to the bundle that is active now.
   * Refuses a bundle that is active or that has an open request.
   */
  async propose(
    bundleId: string,
    options: { proposer: ActorReference; policy: RolloutPolicy } & ReadingMaker,
  ): Promise<StoredRollout> {
    const actor = toActor(options.proposer);
    return this.#audit.change(actor, async (trx) => {
      const now = this.#clock.now();
      const { bundle } = await requireBundle(trx, bundleId);
      const release = await lockRelease(trx, bundle.agent, now);
      await requireFree(trx, bundleId, release);
      const rollout = proposeRollout(
        {
          rollout_id: newId("ro"),
          agent: bundle.agent,
          bundle_id: bundleId,
          bundle_digest: bundle.digest,
          active_bundle_id: release.active_bundle_id,
          active_digest: await activeDigest(trx, release),
          salt: this.#newSalt(),
          policy: options.policy,
          proposed_by: actor.name,
          attempt: 1 + (await countStartedRollouts(trx, bundleId)),
        },
        now,
      );
      const stored = {
        approval_id: newId("ap"),
        rollout,
        diff: await options.diff(release.active_bundle_id, trx),
        plan: options.plan ?? null,
        backtest: options.backtest ?? null,
      };
      await insertRollout(trx, stored, now);
      const proposed = {
        rollout_id: rollout.rollout_id,
        sequence: rollout.generation,
        idempotency_key: `generation-${rollout.generation}`,
        kind: "propose",
        detail: { rollout } as unknown as JsonObject,
      };
      await appendJournal(trx, proposed, now);
      await notify(trx, { approval_id: stored.approval_id, from: null, rollout }, "proposed", false, {
        text: `${bundleId} waits for an approval.`,
        by: actor.name,
        now,
      });
      await setBundleStatus(trx, bundleId, "proposed", now);
      return {
        result: stored,
        record: {
          kind: "rollout.propose",
          agent: bundle.agent,
          object: stored.approval_id,
          detail: {
            rollout_id: rollout.rollout_id,
            bundle_id: bundleId,
            bundle_digest: bundle.digest,
            active_bundle_id: release.active_bundle_id,
          },
        },
      };
    });
  }

  /**
   * Puts another bundle of the same agent into an open request. Earlier approvals no longer count, and the editor may
   * not approve. Refuses a bundle that is active, that is being released, or that has an open request.
   */
  async edit(
    rolloutId: string,
    options: { readonly bundleId: string } & ReadingMaker & CommandOptions,
  ): Promise<MoveResult> {
    const { bundleId, plan = null, backtest = null } = options;
    const actor = toActor(options.actor);
    const person = { name: actor.name, rights: options.rights ?? everyRight };
    return this.#move(rolloutId, actor, options.idempotencyKey, async (trx, stored, release) => {
      const event = await editEvent(trx, stored, bundleId, release, person);
      if (bundleId !== stored.rollout.bundle_id) {
        // Rolled back with the transaction if the state machine refuses the edit.
        const diff = await options.diff(release.active_bundle_id, trx);
        await updateReading(trx, rolloutId, { diff, plan, backtest });
      }
      return event;
    });
  }

  /** Throws the refusal of `propose`, if it would refuse now, before the plan and the backtest are computed. */
  async requireProposable(bundleId: string): Promise<void> {
    const { kysely } = this.#database;
    const { bundle } = await requireBundle(kysely, bundleId);
    await requireFree(kysely, bundleId, await findRelease(kysely, bundle.agent));
  }

  /** Throws the refusal of `edit`, if it would refuse now. */
  async requireEditable(rolloutId: string, bundleId: string, options: CommandOptions): Promise<void> {
    const { kysely } = this.#database;
    const { actor, rights = everyRight, idempotencyKey } = options;
    const stored = await this.get(rolloutId);
    if (idempotencyKey !== undefined && (await hasJournalKey(kysely, rolloutId, idempotencyKey))) return;
    const release = await findRelease(kysely, stored.rollout.agent);
    const event = await editEvent(kysely, stored, bundleId, release, { name: toActor(actor).name, rights });
    const step = decideStep(stored.rollout, event, this.#clock.now());
    if (step.kind === "refused") throw describeRefusal(step, stored.rollout);
  }

  /** Carries out a person's command; throws the code and reason if it is refused. */
  async command(rolloutId: string, command: RolloutCommand, options: CommandOptions): Promise<MoveResult> {
    const actor = toActor(options.actor);
    const rights = options.rights ?? everyRight;
    return this.#move(rolloutId, actor, options.idempotencyKey, async (trx, stored, release) => {
      const person = { name: actor.name, rights };
      switch (command.kind) {
        case "approve":
          return {
            ...command,
            actor: person,
            bundle_digest: await digestRead(trx, stored.rollout, command.bundle_digest),
            active_digest: await activeDigest(trx, release),
          };
        case "start":
          return {
            ...command,
            actor: person,
            active_digest: await activeDigest(trx, release),
            kill_switch_on: release.kill_switch,
            running_rollout_id:
              (await findRunningRollout(trx, stored.rollout.agent))?.rollout.rollout_id ?? null,
          };
        case "resume":
          return {
            ...command,
            actor: person,
            active: { bundle_id: release.active_bundle_id, digest: await activeDigest(trx, release) },
          };
        default:
          return { ...command, actor: person };
      }
    });
  }

  /**
   * Moves the rollout by a verdict of the guard that is computed in the same transaction. Moves nothing if the verdict
   * is null: more units have to be analyzed first.
   */
  async analyzeWith(rolloutId: string, makeVerdict: MakeVerdict<Verdict | null>): Promise<MoveResult> {
    return this.#move(rolloutId, systemActor("guard"), undefined, async (trx, stored, release, now) => {
      const verdict = await makeVerdict(trx, stored, release, now);
      return verdict === null ? { kind: "tick" } : { kind: "analysis", verdict };
    });
  }

  /** Promotes by hand, with a verdict that is computed in the same transaction. */
  async promoteWith(
    rolloutId: string,
    command: { readonly target_percent?: number; readonly reason: string },
    makeVerdict: MakeVerdict,
    options: CommandOptions,
  ): Promise<MoveResult> {
    const actor = toActor(options.actor);
    const person = { name: actor.name, rights: options.rights ?? everyRight };
    return this.#move(rolloutId, actor, options.idempotencyKey, async (trx, stored, release, now) => ({
      kind: "promote",
      ...command,
      actor: person,
      verdict: isJudged(stored.rollout) ? await makeVerdict(trx, stored, release, now) : null,
    }));
  }

  /**
   * Ends the agent's open requests that were made against another active bundle than the current one. Runs in the
   * caller's transaction, which must hold the lock of the release.
   */
  async supersede(trx: Write, agent: string, release: Release, now: Date): Promise<void> {
    const active_digest = await activeDigest(trx, release);
    for (const stored of await listOpenRollouts(trx, agent)) {
      const active_bundle_id = release.active_bundle_id;
      const event: RolloutEvent = { kind: "active_changed", active_bundle_id, active_digest };
      const step = decideStep(stored.rollout, event, now);
      if (step.kind !== "transition") continue;
      const { record } = await writeStep(
        trx,
        this.#records,
        { stored, event, idempotencyKey: undefined },
        step,
        release,
        now,
      );
      await this.#audit.append(trx, systemActor("guard"), record);
    }
  }

  /** Ends proposals and approvals that have expired, and returns them. */
  async expireOverdue(): Promise<Rollout[]> {
    const open = await listRollouts(this.#database.kysely, { states: ["proposed", "approved"] }, 1000);
    const ended: Rollout[] = [];
    for (const { rollout } of open) {
      const moved = await this.#move(rollout.rollout_id, systemActor("guard"), undefined, async () => ({
        kind: "tick",
      }));
      if (moved.changed) ended.push(moved.rollout);
    }
    return ended;
  }

  /**
   * Turns the agent's kill switch on (every unit gets the active bundle, a running rollout is rolled back) or
   * off. Returns the release as it is then.
   */
  async setKillSwitch(agent: string, on: boolean, reason: string, options: CommandOptions): Promise<Release> {
    const running = on ? await findRunningRollout(this.#database.kysely, agent) : undefined;
    if (running !== undefined) {
      await this.command(running.rollout.rollout_id, { kind: "kill_switch", reason }, options);
      return findRelease(this.#database.kysely, agent);
    }
    const actor = toActor(options.actor);
    return this.#audit.change(actor, async (trx) => {
      const now = this.#clock.now();
      const release = await lockRelease(trx, agent, now);
      if (release.kill_switch === on) return { result: release, record: undefined };
      const next = withKillSwitch(release, on, actor.name, reason);
      await writeRelease(trx, next, now);
      return {
        result: { ...next, generation: next.generation + 1 },
        record: { kind: on ? "kill_switch.on" : "kill_switch.off", agent, object: agent, detail: { reason } },
      };
    });
  }

  async get(rolloutId: string): Promise<StoredRollout> {
    return requireRollout(this.#database.kysely, rolloutId);
  }

  async getByApproval(approvalId: string): Promise<StoredRollout> {
    const stored = await findRolloutByApproval(this.#database.kysely, approvalId);
    if (stored !== undefined) return stored;
    throw new RelearnError(
      "unknown_approval",
      `There is no approval "${approvalId}". \`relearn approvals list\` lists them.`,
    );
  }

  /** Returns 1 + the number of rollouts of the bundle that were started before. */
  async nextAttempt(bundleId: string): Promise<number> {
    return 1 + (await countStartedRollouts(this.#database.kysely, bundleId));
  }

  running(agent: string, executor: Executor = this.#database.kysely): Promise<StoredRollout | undefined> {
    return findRunningRollout(executor, agent);
  }

  list(filter: RolloutFilter, limit: number): Promise<StoredRollout[]> {
    return listRollouts(this.#database.kysely, filter, limit);
  }

  journal(rolloutId: string): Promise<RolloutJournalEntry[]> {
    return readJournal(this.#database.kysely, rolloutId);
  }

  release(agent: string, executor: Executor = this.#database.kysely): Promise<Release> {
    return findRelease(executor, agent);
  }

  /** Returns the digest of the active bundle of the release; null if there is none. */
  activeDigest(executor: Executor, release: Release): Promise<string | null> {
    return activeDigest(executor, release);
  }

  /** Applies an event to a rollout, and finishes a rollback that it starts. */
  async #move(
    rolloutId: string,
    actor: Actor,
    idempotencyKey: string | undefined,
    eventOf: (trx: Write, stored: StoredRollout, release: Release, now: Date) => Promise<RolloutEvent>,
  ): Promise<MoveResult> {
    return this.#audit.change<MoveResult>(actor, async (trx) => {
      const now = this.#clock.now();
      const { rollout: seen } = await requireRollout(trx, rolloutId);
      const release = await lockRelease(trx, seen.agent, now);
      // Read again under the lock: another command may have moved it in between.
      const stored = await requireRollout(trx, rolloutId);
      if (idempotencyKey !== undefined && (await hasJournalKey(trx, rolloutId, idempotencyKey))) {
        return {
          result: { rollout: stored.rollout, changed: false, reason: "Carried out before." },
          record: undefined,
        };
      }
      const event = await eventOf(trx, stored, release, now);
      const step = decideStep(stored.rollout, event, now);
      if (step.kind === "refused") throw describeRefusal(step, stored.rollout);
      if (step.kind === "unchanged")
        return {
          result: { rollout: stored.rollout, changed: false, reason: step.reason },
          record: undefined,
        };
      const written = await writeStep(
        trx,
        this.#records,
        { stored, event, idempotencyKey },
        step,
        release,
        now,
      );
      if (written.release.active_bundle_id !== release.active_bundle_id) {
        await this.supersede(trx, written.rollout.agent, written.release, now);
      }
      return {
        result: { rollout: written.rollout, changed: true, reason: written.reason },
        record: written.record,
      };
    });
  }
}

/** Whether the guard can analyze the rollout: it takes traffic and has not ended. */
function isJudged({ state }: Rollout): boolean {
  return state === "canary" || state === "full" || state === "hold" || state === "ask";
}

function describeRefusal(
  { code, reason }: Extract<Step, { kind: "refused" }>,
  { rollout_id, state }: Rollout,
): RelearnError {
  return new RelearnError(code, reason, { details: { rollout_id, state } });
}

/** Returns the event that puts the bundle into the request; throws if the bundle cannot be proposed. */
async function editEvent(
  executor: Executor,
  { rollout }: StoredRollout,
  bundleId: string,
  release: Release,
  actor: { readonly name: string; readonly rights: readonly RolloutRight[] },
): Promise<RolloutEvent> {
  const { bundle } = await requireBundle(executor, bundleId);
  if (bundle.agent !== rollout.agent) {
    throw new RelearnError(
      "invalid_input",
      `${bundleId} is a bundle of ${bundle.agent}; the request is about one of ${rollout.agent}.`,
    );
  }
  // The state machine refuses the bundle that the request has already.
  if (bundleId !== rollout.bundle_id) await requireFree(executor, bundleId, release);
  const attempt = 1 + (await countStartedRollouts(executor, bundleId));
  return { kind: "edit", actor, bundle_id: bundleId, bundle_digest: bundle.digest, attempt };
}

/** Throws if the bundle is active, waits for an approval or is being released. */
async function requireFree(executor: Executor, bundleId: string, release: Release): Promise<void> {
  if (release.active_bundle_id === bundleId) {
    throw new RelearnError(
      "nothing_to_propose",
      `${bundleId} is the active bundle of ${release.agent} already.`,
    );
  }
  const states = ["proposed", "approved", ...runningStates] as const;
  const [open] = await listRollouts(executor, { bundleId, states }, 1);
  if (open === undefined) return;
  const { state } = open.rollout;
  const waits = state === "proposed" || state === "approved";
  throw new RelearnError(
    waits ? "already_proposed" : "already_running",
    waits
      ? `${bundleId} has an open request already, ${open.approval_id} (${state}).`
      : `${bundleId} is being released already, by ${open.approval_id} (${state}).`,
    { details: { approval_id: open.approval_id } },
  );
}

/**
 * Returns the digest that an approval is bound to: the one that the approver gives. An approver who gives none has
 * read the only bundle that the request ever had; throws `digest_changed` if it was edited.
 */
async function digestRead(trx: Write, rollout: Rollout, given: string | undefined): Promise<string> {
  const { digest } = (await requireBundle(trx, rollout.bundle_id)).bundle;
  if (given !== undefined)
    return given.length >= MIN_DIGEST_DIGITS && digest.startsWith(given) ? digest : given;
  if (rollout.edited_by.length === 0) return digest;
  throw new RelearnError(
    "digest_changed",
    `${rollout.edited_by.join(" and ")} put another bundle into this request since it was made. Read it again and give the digest of the bundle that you read (bundle_digest; relearn approvals approve … --digest).`,
    { details: { edited_by: rollout.edited_by } },
  );
}

/** 48 bits: too many to find a second bundle with the same beginning. */
const MIN_DIGEST_DIGITS = 12;

async function activeDigest(executor: Executor, release: Release): Promise<string | null> {
  if (release.active_bundle_id === null) return null;
  return (await requireBundle(executor, release.active_bundle_id)).bundle.digest;
}

function randomSalt(): string {
  return randomBytes(12).toString("hex");
}
