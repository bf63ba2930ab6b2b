/**
 * Builds the demo by running the loop on real mail: an agent that learns, a good release and a harmful one.
 *
 * The steps and the simulated time are fixed, so the demo ends at the current time. The durations of the canaries,
 * the decisions of the guard and the accuracy of the models are results of the run. Hours that the releases do not
 * need are ordinary traffic.
 */
import type { Relearn } from "relearn";
import type { ManualClock } from "relearn/testing";
import { AGENT, type Office, openOffice, people } from "./demo-office.ts";
import type { MailRow } from "./mail-row.ts";
import { mailBetween, readMail } from "./read-mail.ts";

const HOUR_MS = 3_600_000;

/** Simulated hours from the first mail to the current time. */
const DEMO_HOURS = 222;
/** Hours until the first bundle is trained. */
const FIRST_HOURS = 24;
/** Hours between the first and the second bundle. */
const SECOND_HOURS = 48;
/** Maximum durations of the good canary and of the harmful one. */
const MAX_CANARY_HOURS = 96;
const MAX_HARMFUL_HOURS = 48;
/** Mails per hour until the second bundle is trained, and after that. */
const FIRST_MAILS_PER_HOUR = 12;
const MAILS_AN_HOUR = 18;
/** One in so many mails before August becomes a golden task. */
const GOLD_EVERY = 12;
/**
 * Start of the period in which a steady fifth of the corpus is spam; before it, nearly half is. The golden tasks
 * and the first days of traffic are from before this day.
 */
const STEADY_FROM = "2002-08-01T00:00:00Z";
/** Threshold of the harmful bundle on the risk score, 0-100. A third more decisions are wrong. */
const HARMFUL_THRESHOLD = 0;

/** A finished step of the demo. */
export interface DemoEvent {
  readonly at: Date;
  readonly text: string;
}

export interface DemoListener {
  /** Reports the `share` of the simulated hours that have passed, 0-1. */
  progress(share: number, doing: string): void;
  happened(event: DemoEvent): void;
}

/** Creates the salts of the rollouts, which make the assignment and all numbers the same in each run. */
export function demoSalts(): () => string {
  let rollouts = 0;
  return () => `inbox-triage-demo-${++rollouts}`;
}

/** Returns the time at which the clock must start for the demo to end at `end`. */
export function demoStart(end: Date): Date {
  return new Date(end.getTime() - DEMO_HOURS * HOUR_MS);
}

/** Runs the demo on an empty installation whose clock is at `demoStart`. */
export async function buildDemo(relearn: Relearn, clock: ManualClock, listener: DemoListener): Promise<void> {
  const corpus = mailBetween(readMail());
  const isGold = (mail: MailRow, index: number): boolean =>
    mail.date < STEADY_FROM && index % GOLD_EVERY === 0;
  const gold = corpus.filter(isGold);
  const traffic = corpus.filter((mail, index) => !isGold(mail, index)).values();
  const truth = new Map(corpus.map((mail) => [mail.key, mail.class]));
  const office = openOffice(relearn, clock, truth);
  const end = clock.now().getTime() + DEMO_HOURS * HOUR_MS;
  let mails = 0;

  const hoursLeft = (): number => Math.round((end - clock.now().getTime()) / HOUR_MS);
  const report = (text: string): void => listener.happened({ at: clock.now(), text });
  /** Simulates hours until none are left or `until` returns true. */
  const passHours = async (
    hours: number,
    mailsAnHour: number,
    doing: string,
    until?: () => Promise<boolean>,
  ): Promise<void> => {
    for (let hour = 0; hour < hours; hour++) {
      const arrived = takeItems(traffic, mailsAnHour);
      mails += arrived.length;
      await office.passHour(arrived);
      listener.progress(1 - hoursLeft() / DEMO_HOURS, doing);
      if (await until?.()) return;
    }
  };

  await office.addGoldenTasks(gold);
  report(`${gold.length} golden tasks are added, and mail arrives at ${FIRST_MAILS_PER_HOUR} per hour.`);
  await passHours(
    FIRST_HOURS,
    FIRST_MAILS_PER_HOUR,
    "the agent decides by its built-in rule; people give feedback",
  );
  report(`The agent's built-in rule, risk score of at least 50, decided ${shareRight(office)} correctly.`);

  const first = await propose(relearn);
  await approve(relearn, first.approvalId, "First bundle; more accurate than the rule on held-out mail.");
  await relearn.approvals.apply(first.approvalId, { full: true, actor: people.approver });
  report(
    `Bundle ${first.bundleId} trained on ${first.examples} labels, is approved by ${people.approver} and active.`,
  );

  await passHours(SECOND_HOURS, FIRST_MAILS_PER_HOUR, "the first bundle decides; more labels arrive");
  report(`The first bundle decided ${shareRight(office)} correctly.`);

  const second = await propose(relearn);
  await approve(relearn, second.approvalId, "Twice the labels; good results on last week's mail.");
  await relearn.approvals.apply(second.approvalId, { actor: people.approver });
  report(
    `Bundle ${second.bundleId}, trained on ${second.examples} labels, is the canary on 10 % of the mail.`,
  );
  await watchRelease(office, report, (until) =>
    passHours(
      MAX_CANARY_HOURS,
      MAILS_AN_HOUR,
      "a canary on 10, 50, 100 % of the mail; the guard analyzes it every hour",
      until,
    ),
  );

  const harmful = await proposeHarmful(relearn);
  await approve(relearn, harmful.approvalId, "Catches more spam.");
  await relearn.approvals.apply(harmful.approvalId, { actor: people.approver });
  report(
    `A bundle that is harmful on purpose: ${harmful.bundleId} quarantines at a risk score of ${HARMFUL_THRESHOLD} or more.`,
  );
  await watchRelease(office, report, (until) =>
    passHours(MAX_HARMFUL_HOURS, MAILS_AN_HOUR, "a harmful canary on 10 % of the mail", until),
  );

  // Spreads the remaining mail over the remaining hours, so that the demo ends at the current time.
  const left = corpus.length - gold.length - mails;
  await passHours(hoursLeft(), Math.min(MAILS_AN_HOUR, Math.floor(left / hoursLeft())), "ordinary mail");
  const third = await propose(relearn);
  report(`Bundle ${third.bundleId}, trained on ${third.examples} labels, waits for approval.`);
  await office.close();
}

interface Proposal {
  readonly bundleId: string;
  readonly approvalId: string;
  readonly examples: number;
}

/** Trains on all labels and requests the release. */
async function propose(relearn: Relearn): Promise<Proposal> {
  await relearn.feeds.loadAll({ actor: people.engineer });
  const bundle = await relearn.bundles.create(AGENT, { actor: people.engineer });
  return {
    bundleId: bundle.bundle_id,
    approvalId: await relearn.approvals.propose(AGENT, bundle.bundle_id, { proposer: people.engineer }),
    examples: bundle.training_count,
  };
}

/** Creates a bundle from the active one with a wrong threshold set by hand, and requests its release. */
async function proposeHarmful(relearn: Relearn): Promise<Proposal> {
  const { active_bundle_id } = await relearn.rollouts.getRelease(AGENT);
  if (active_bundle_id === null) throw new Error("The demo has no active bundle.");
  const bundle = await relearn.bundles.adjust(active_bundle_id, {
    thresholds: { risk_score_threshold: HARMFUL_THRESHOLD },
    actor: people.engineer,
  });
  return {
    bundleId: bundle.bundle_id,
    approvalId: await relearn.approvals.propose(AGENT, bundle.bundle_id, { proposer: people.engineer }),
    examples: bundle.training_count,
  };
}

async function approve(relearn: Relearn, approvalId: string, rationale: string): Promise<void> {
  await relearn.approvals.approve(approvalId, { approver: people.approver, rationale });
}

/** Simulates hours until the running rollout has ended, and reports each stage that it enters. */
async function watchRelease(
  office: Office,
  report: (text: string) => void,
  passHours: (until: () => Promise<boolean>) => Promise<void>,
): Promise<void> {
  const { relearn } = office;
  const started = await relearn.rollouts.getRunning(AGENT);
  if (started === undefined) throw new Error("The demo's rollout did not start.");
  const id = started.rollout.rollout_id;
  let percent = started.rollout.percent;
  const startedAt = office.clock.now().getTime();
  const hours = (): number => Math.round((office.clock.now().getTime() - startedAt) / HOUR_MS);
  await passHours(async () => {
    const { rollout } = await relearn.rollouts.get(id);
    if (rollout.ended_at !== null) return true;
    if (rollout.percent > percent) {
      const proven = rollout.result === "better" ? "better" : "not worse";
      report(`After ${hours()} h the canary is proven ${proven} and gets ${rollout.percent} % of the mail.`);
      percent = rollout.percent;
    }
    return false;
  });
  const { rollout } = await relearn.rollouts.get(id);
  const reason = rollout.reason === null ? "" : ` ${rollout.reason.text}`;
  report(
    rollout.state === "completed"
      ? `After ${hours()} h the release is completed. Both bundles together decided ${shareRight(office)} correctly.`
      : `${rollout.state === "rolled_back" ? "" : `Still ${rollout.state}. `}After ${hours()} h:${reason}`,
  );
}

function shareRight(office: Office): string {
  const { mails, right } = office.takeTally();
  return `${((100 * right) / mails).toFixed(1)} % of ${mails} mails`;
}

function takeItems<Item>(from: Iterator<Item>, count: number): Item[] {
  const items: Item[] = [];
  while (items.length < count) {
    const { done, value } = from.next();
    if (done) break;
    items.push(value);
  }
  return items;
}
