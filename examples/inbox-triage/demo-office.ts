/**
 * Simulated office of the demo: an installation, a manual clock, an agent that triages mail through the
 * switchboard, three rule judges, and people who know the class of each mail.
 *
 * Everything except time works as in production: the agent decides in its own process with the client, sends
 * exposures and outcomes in batches, the answers of people arrive as signals, and jobs run at their hours.
 */
import { createSwitchboard, type SendResult, type Switchboard } from "@relearn/client";
import type { Relearn } from "relearn";
import { type ManualClock, runDue } from "relearn/testing";
import type { MailClass, MailRow } from "./mail-row.ts";
import { judgeMail } from "./rule-judges.ts";

export const AGENT = "inbox_triage";
const HOUR_MS = 3_600_000;

/** People of the office: Ana trains and proposes, Ben approves, the others review. */
export const people = { engineer: "ana", approver: "ben", reviewers: ["rosa", "tom"] } as const;

/** One in so many quarantined mails is shown to a person, who approves or rejects the decision. */
const APPROVAL_EVERY = 2;
/** One in so many delivered mails gets a thumb from its recipient. */
const THUMB_EVERY = 8;
/** Number of items that each reviewer labels in a morning; the rest of the day's 20 remains in the queue. */
const REVIEWS_PER_MORNING = 8;
/** Hour in UTC at which the reviewers start, after the nightly jobs have filled the queue. */
const REVIEW_HOUR = 9;

export interface Office {
  readonly relearn: Relearn;
  readonly clock: ManualClock;
  /** Returns the number of decided mails and of right decisions since the last call. */
  takeTally(): { readonly mails: number; readonly right: number };
  /** Adds mails that experts have labeled. */
  addGoldenTasks(mails: readonly MailRow[]): Promise<void>;
  /** Simulates an hour: decides these mails in order, sends the answers of people and runs the due jobs. */
  passHour(mails: readonly MailRow[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens the office on an installation that uses `clock`; `truth` has the true class of each mail by key. */
export function openOffice(
  relearn: Relearn,
  clock: ManualClock,
  truth: ReadonlyMap<string, MailClass>,
): Office {
  const switchboard = createOfficeSwitchboard(relearn, clock);
  let quarantined = 0;
  let delivered = 0;
  let tally = { mails: 0, right: 0 };
  let lastReviewDay = "";

  const ingest = async (
    kind: Parameters<Relearn["signals"]["ingest"]>[0],
    records: object[],
    actor: string,
  ) => {
    const report = await relearn.signals.ingest(kind, records, { actor });
    const [first] = report.rejected;
    if (first !== undefined) {
      throw new Error(`The demo's ${kind} were rejected: ${first.path} ${first.value} ${first.message}.`);
    }
  };

  return {
    relearn,
    clock,
    takeTally() {
      const current = tally;
      tally = { mails: 0, right: 0 };
      return current;
    },
    addGoldenTasks: (mails) =>
      ingest(
        "gold",
        mails.map((mail) => ({ agent: AGENT, task_key: mail.key, payload: mail.payload, label: mail.class })),
        people.engineer,
      ),
    async passHour(mails) {
      const start = clock.now().getTime();
      await switchboard.refresh();
      const evaluations: object[] = [];
      const approvals: object[] = [];
      const thumbs: object[] = [];
      for (const [index, mail] of mails.entries()) {
        const at = new Date(start + (HOUR_MS * (index + 0.5)) / mails.length);
        clock.set(at);
        const decision = decide(switchboard, mail);
        const isRight = decision === mail.class;
        tally = { mails: tally.mails + 1, right: tally.right + (isRight ? 1 : 0) };
        const task = { agent: AGENT, task_key: mail.key };
        evaluations.push({
          ...task,
          payload: mail.payload,
          judge_scores: judgeMail(mail.payload),
          decision,
          created_at: at.toISOString(),
        });
        if (decision === "quarantine") {
          quarantined += 1;
          if (quarantined % APPROVAL_EVERY === 0) {
            approvals.push({
              ...task,
              action: "quarantine",
              status: isRight ? "approved" : "rejected",
              payload: mail.payload,
              decided_by: "helpdesk",
              requested_at: at.toISOString(),
              decided_at: at.toISOString(),
            });
          }
        } else {
          delivered += 1;
          if (delivered % THUMB_EVERY === 0) {
            const thumb = isRight ? "up" : "down";
            thumbs.push({ ...task, thumb, decision, payload: mail.payload, occurred_at: at.toISOString() });
          }
        }
      }
      clock.set(new Date(start + HOUR_MS));
      if (!(await switchboard.flush()))
        throw new Error(`Reports could not be sent: ${switchboard.stats().lastError}`);
      if (evaluations.length > 0) await ingest("evaluations", evaluations, "judges");
      if (approvals.length > 0) await ingest("approvals", approvals, "helpdesk");
      if (thumbs.length > 0) await ingest("feedback", thumbs, "mailboxes");
      await runDue(relearn);
      const day = clock.now().toISOString().slice(0, 10);
      if (day !== lastReviewDay && clock.now().getUTCHours() >= REVIEW_HOUR) {
        lastReviewDay = day;
        await reviewMorning(relearn, truth);
      }
    },
    close: () => switchboard.close(),
  };
}

/** Creates the client as an agent embeds it, with requests that go to the library instead of over HTTP. */
function createOfficeSwitchboard(relearn: Relearn, clock: ManualClock): Switchboard {
  const send = async (kind: "exposures" | "outcomes", batch: readonly object[]): Promise<SendResult> => {
    const { rejected } = await relearn.signals.ingest(kind, batch, { actor: "inbox-triage" });
    const [first] = rejected;
    return first === undefined ? "accepted" : { refused: rejected.length, reason: first.message };
  };
  return createSwitchboard({
    agent: AGENT,
    source: {
      async load(etag) {
        const tagged = await relearn.rollouts.getSwitchboardConfig(AGENT);
        return tagged.etag === etag
          ? { status: "unchanged" }
          : { status: "changed", config: tagged.config, etag: tagged.etag };
      },
      sendExposures: (batch) => send("exposures", batch),
      sendOutcomes: (batch) => send("outcomes", batch),
    },
    // Time is manual, so refreshing and sending are, too.
    refreshIntervalMs: 0,
    flushIntervalMs: 0,
    now: () => clock.now().getTime(),
  });
}

/**
 * Decides one mail by the bundle, or by the agent's built-in rule if there is no bundle. Each mail is a unit. Its
 * outcome is known at once, because the corpus has its class.
 */
function decide(switchboard: Switchboard, mail: MailRow): MailClass {
  const decision = switchboard.decide(mail.key, mail.payload);
  const fallback = mail.payload.risk_score >= (decision.thresholds["risk_score_threshold"] ?? 50);
  const label = (decision.label as MailClass | null) ?? (fallback ? "quarantine" : "safe");
  const recorded = switchboard.recordOutcome(decision, {
    taskKey: mail.key,
    quality: label === mail.class ? 1 : 0,
  });
  if (!recorded.recorded) throw new Error(recorded.message);
  return label;
}

/** Lets each reviewer lease items from the queue and label them. */
async function reviewMorning(relearn: Relearn, truth: ReadonlyMap<string, MailClass>): Promise<void> {
  for (const reviewer of people.reviewers) {
    for (let done = 0; done < REVIEWS_PER_MORNING; done++) {
      const [item] = await relearn.review.claim(AGENT, { actor: reviewer });
      const label = item === undefined ? undefined : truth.get(item.task_key);
      const token = item?.lease?.token;
      if (item === undefined || label === undefined || token == null) break;
      await relearn.review.label(item.item_id, label, { actor: reviewer, leaseToken: token });
    }
  }
}
