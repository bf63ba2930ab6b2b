/**
 * The office of the demo: an installation, a clock that is moved by hand, an agent that triages mail through
 * the switchboard, three rule judges, and people who know what each mail really was.
 *
 * Everything goes the way it goes in production: the agent decides in its own process by the client, its
 * exposures and outcomes are sent as batches, people's answers come in as signals, jobs run at their hours.
 * What is compressed is time alone.
 */
import { createSwitchboard, type SendResult, type Switchboard } from "@relearn/client";
import type { ManualClock, Relearn } from "relearn";
import type { MailClass, MailRow } from "./mail-row.ts";
import { judgeMail } from "./rule-judges.ts";

export const AGENT = "inbox_triage";
const HOUR_MS = 3_600_000;

/** Who works here. Ana trains and proposes, Ben approves; the others review. */
export const people = { engineer: "ana", approver: "ben", reviewers: ["rosa", "tom"] } as const;

/** Of the mails put in quarantine, every so many are shown to a person, who approves or rejects it. */
const APPROVAL_EVERY = 2;
/** Of the mails let through, every so many bring a thumb from whoever received them. */
const THUMB_EVERY = 8;
/** What each reviewer labels in a morning; the rest of the day's 20 stays for the next one. */
const REVIEWS_A_MORNING = 8;
/** When the reviewers come, in hours UTC: after the night's jobs have filled the queue. */
const MORNING = 9;

export interface Office {
  readonly relearn: Relearn;
  readonly clock: ManualClock;
  /** How the agent's decisions fared since the last call: mails decided, and right ones. */
  takeTally(): { readonly mails: number; readonly right: number };
  /** Mails that experts have labeled beforehand. */
  addGoldenTasks(mails: readonly MailRow[]): Promise<void>;
  /** An hour passes: these mails are decided one after the other, people answer, jobs that are due run. */
  passHour(mails: readonly MailRow[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens the office on an installation whose time is `clock`'s; `truth` is what each mail really was, by key. */
export function openOffice(
  relearn: Relearn,
  clock: ManualClock,
  truth: ReadonlyMap<string, MailClass>,
): Office {
  const switchboard = officeSwitchboard(relearn, clock);
  let quarantined = 0;
  let letThrough = 0;
  let tally = { mails: 0, right: 0 };
  let lastReviewDay = "";

  const ingest = async (
    kind: Parameters<Relearn["signals"]["ingest"]>[0],
    records: object[],
    who: string,
  ) => {
    const report = await relearn.signals.ingest(kind, records, { actor: who });
    const [first] = report.rejected;
    if (first !== undefined) {
      throw new Error(`The demo's own ${kind} are refused: ${first.path} ${first.value} ${first.message}.`);
    }
  };

  return {
    relearn,
    clock,
    takeTally() {
      const taken = tally;
      tally = { mails: 0, right: 0 };
      return taken;
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
        const about = { agent: AGENT, task_key: mail.key };
        evaluations.push({
          ...about,
          payload: mail.payload,
          judge_scores: judgeMail(mail.payload),
          decision,
          created_at: at.toISOString(),
        });
        if (decision === "quarantine") {
          quarantined += 1;
          if (quarantined % APPROVAL_EVERY === 0) {
            approvals.push({
              ...about,
              action: "quarantine",
              status: isRight ? "approved" : "rejected",
              payload: mail.payload,
              decided_by: "helpdesk",
              requested_at: at.toISOString(),
              decided_at: at.toISOString(),
            });
          }
        } else {
          letThrough += 1;
          if (letThrough % THUMB_EVERY === 0) {
            const thumb = isRight ? "up" : "down";
            thumbs.push({ ...about, thumb, decision, payload: mail.payload, occurred_at: at.toISOString() });
          }
        }
      }
      clock.set(new Date(start + HOUR_MS));
      if (!(await switchboard.flush()))
        throw new Error(`Reports were not taken: ${switchboard.stats().lastError}`);
      if (evaluations.length > 0) await ingest("evaluations", evaluations, "judges");
      if (approvals.length > 0) await ingest("approvals", approvals, "helpdesk");
      if (thumbs.length > 0) await ingest("feedback", thumbs, "mailboxes");
      await relearn.jobs.runDue("learning");
      await relearn.jobs.runDue("guard");
      const day = clock.now().toISOString().slice(0, 10);
      if (day !== lastReviewDay && clock.now().getUTCHours() >= MORNING) {
        lastReviewDay = day;
        await reviewMorning(relearn, truth);
      }
    },
    close: () => switchboard.close(),
  };
}

/** The client as an agent embeds it; its requests go straight into the library instead of over HTTP. */
function officeSwitchboard(relearn: Relearn, clock: ManualClock): Switchboard {
  const send = async (kind: "exposures" | "outcomes", batch: readonly object[]): Promise<SendResult> => {
    const { rejected } = await relearn.signals.ingest(kind, batch, { actor: "inbox-triage" });
    const [first] = rejected;
    return first === undefined ? "accepted" : { refused: rejected.length, reason: first.message };
  };
  return createSwitchboard({
    agent: AGENT,
    source: {
      async load(etag) {
        const tagged = await relearn.switchboard.config(AGENT);
        return tagged.etag === etag
          ? { status: "unchanged" }
          : { status: "changed", config: tagged.config, etag: tagged.etag };
      },
      sendExposures: (batch) => send("exposures", batch),
      sendOutcomes: (batch) => send("outcomes", batch),
    },
    // The hours are passed by hand, so refreshing and sending are too.
    refreshIntervalMs: 0,
    flushIntervalMs: 0,
    now: () => clock.now().getTime(),
  });
}

/**
 * One mail: the bundle's decision, or while there is none the rule that the agent came with. Each mail is a
 * unit of its own; how it fared is known at once, since the corpus says what it was.
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

/** Each reviewer leases items from the queue and says what they are. */
async function reviewMorning(relearn: Relearn, truth: ReadonlyMap<string, MailClass>): Promise<void> {
  for (const reviewer of people.reviewers) {
    for (let done = 0; done < REVIEWS_A_MORNING; done++) {
      const [item] = await relearn.reviewLeases.claim(AGENT, { actor: reviewer });
      const label = item === undefined ? undefined : truth.get(item.task_key);
      const token = item?.lease?.token;
      if (item === undefined || label === undefined || token == null) break;
      await relearn.review.label(item.item_id, label, { actor: reviewer, leaseToken: token });
    }
  }
}
