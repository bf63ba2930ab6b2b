/**
 * The demo's story, told by running it: real mail, an agent that learns, a good release and a harmful one.
 *
 * The outline is fixed, the numbers are not: how long a canary takes, what the guard finds, what the models
 * reach comes from the run. The time it takes in the office is fixed, so that it ends at the present; what the
 * releases leave of it is ordinary traffic.
 */
import type { ManualClock, Relearn } from "relearn";
import { AGENT, type Office, openOffice, people } from "./demo-office.ts";
import type { MailRow } from "./mail-row.ts";
import { mailBetween, readMail } from "./read-mail.ts";

const HOUR_MS = 3_600_000;

/** The office's hours of the demo, from its first mail to the present. */
const DEMO_HOURS = 222;
/** Until the first bundle is trained. */
const FIRST_HOURS = 24;
/** Until the second one is, beside the first. */
const SECOND_HOURS = 48;
/** The longest that the good canary may take, and the harmful one. */
const CANARY_HOURS = 96;
const HARMFUL_HOURS = 48;
/** Mails an hour until the second bundle is trained, and from then on. */
const FIRST_MAILS_AN_HOUR = 12;
const MAILS_AN_HOUR = 18;
/** Golden tasks: one in so many of the mails that arrived before August. */
const GOLD_EVERY = 12;
/**
 * Of the mails before this day golden tasks are picked, and the first days' traffic is made; from it on spam
 * is a steady fifth of the corpus, before it nearly half.
 */
const STEADY_FROM = "2002-08-01T00:00:00Z";
/** The harmful bundle's threshold on the risk score, 0-100: somebody left it empty. A third more goes wrong. */
const HARMFUL_THRESHOLD = 0;

/** A step of the story, told when it is done. */
export interface DemoEvent {
  readonly at: Date;
  readonly text: string;
}

export interface DemoListener {
  /** `share` of the office's hours that have passed, 0-1. */
  progress(share: number, doing: string): void;
  happened(event: DemoEvent): void;
}

/** The rollouts' salts, so that who sees a canary, and with it every number, is the same in each run. */
export function demoSalts(): () => string {
  let rollouts = 0;
  return () => `inbox-triage-demo-${++rollouts}`;
}

/** When the office's clock has to start for the demo to end at `end`. */
export function demoStart(end: Date): Date {
  return new Date(end.getTime() - DEMO_HOURS * HOUR_MS);
}

/** Runs the demo on an empty installation whose clock stands at `demoStart`. */
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
  const tell = (text: string): void => listener.happened({ at: clock.now(), text });
  /** Lets hours pass until there are none left, or `until` says so. */
  const passHours = async (
    hours: number,
    mailsAnHour: number,
    doing: string,
    until?: () => Promise<boolean>,
  ): Promise<void> => {
    for (let hour = 0; hour < hours; hour++) {
      const arrived = take(traffic, mailsAnHour);
      mails += arrived.length;
      await office.passHour(arrived);
      listener.progress(1 - hoursLeft() / DEMO_HOURS, doing);
      if (await until?.()) return;
    }
  };

  await office.addGoldenTasks(gold);
  tell(`${gold.length} golden tasks come in, and mail at ${FIRST_MAILS_AN_HOUR} an hour.`);
  await passHours(FIRST_HOURS, FIRST_MAILS_AN_HOUR, "the agent decides by its first rule; people answer");
  tell(`The agent's own rule, risk score of 50 and more, was right on ${shareRight(office)}.`);

  const first = await propose(relearn);
  await approve(relearn, first.approvalId, "First bundle; better than the rule on mail it has not seen.");
  await relearn.approvals.apply(first.approvalId, { full: true, actor: people.approver });
  tell(
    `Bundle ${first.bundleId} trained on ${first.examples} labels, approved by ${people.approver}, active.`,
  );

  await passHours(SECOND_HOURS, FIRST_MAILS_AN_HOUR, "the first bundle decides; more labels come in");
  tell(`Under it ${shareRight(office)} were decided right.`);

  const second = await propose(relearn);
  await approve(relearn, second.approvalId, "Twice the labels; reads well against last week's mail.");
  await relearn.approvals.apply(second.approvalId, { actor: people.approver });
  tell(`Bundle ${second.bundleId}, trained on ${second.examples} labels, is canary on 10 % of the mail.`);
  await watchRelease(office, tell, (until) =>
    passHours(
      CANARY_HOURS,
      MAILS_AN_HOUR,
      "a canary on 10, 50, 100 % of the mail; the guard looks every hour",
      until,
    ),
  );

  const harmful = await proposeHarmful(relearn);
  await approve(relearn, harmful.approvalId, "Catches more spam.");
  await relearn.approvals.apply(harmful.approvalId, { actor: people.approver });
  tell(
    `A harmful bundle on purpose: ${harmful.bundleId} quarantines from a risk score of ${HARMFUL_THRESHOLD} on.`,
  );
  await watchRelease(office, tell, (until) =>
    passHours(HARMFUL_HOURS, MAILS_AN_HOUR, "a harmful canary on 10 % of the mail", until),
  );

  // What mail is left is spread over the hours that are left, so that the demo ends at the present.
  const left = corpus.length - gold.length - mails;
  await passHours(
    hoursLeft(),
    Math.min(MAILS_AN_HOUR, Math.floor(left / hoursLeft())),
    "ordinary mail until now",
  );
  const third = await propose(relearn);
  tell(`Bundle ${third.bundleId}, trained on ${third.examples} labels, waits for somebody's approval.`);
  await office.close();
}

interface Proposal {
  readonly bundleId: string;
  readonly approvalId: string;
  readonly examples: number;
}

/** Trains on all labels there are and asks for the release. */
async function propose(relearn: Relearn): Promise<Proposal> {
  await relearn.feeds.loadAll({ actor: people.engineer });
  const bundle = await relearn.bundles.create(AGENT, { actor: people.engineer });
  return {
    bundleId: bundle.bundle_id,
    approvalId: await relearn.approvals.propose(AGENT, bundle.bundle_id, { proposer: people.engineer }),
    examples: bundle.training_count,
  };
}

/** The active bundle with a threshold that somebody set by hand, and set wrong. */
async function proposeHarmful(relearn: Relearn): Promise<Proposal> {
  const { active_bundle_id } = await relearn.rollouts.release(AGENT);
  if (active_bundle_id === null) throw new Error("The demo has no active bundle to spoil.");
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

/** Lets hours pass until the running rollout has ended, and tells each stage it enters. */
async function watchRelease(
  office: Office,
  tell: (text: string) => void,
  passHours: (until: () => Promise<boolean>) => Promise<void>,
): Promise<void> {
  const { relearn } = office;
  const started = await relearn.rollouts.running(AGENT);
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
      tell(`After ${hours()} h it is proven ${proven} and gets ${rollout.percent} % of the mail.`);
      percent = rollout.percent;
    }
    return false;
  });
  const { rollout } = await relearn.rollouts.get(id);
  const why = rollout.reason === null ? "" : ` ${rollout.reason.text}`;
  tell(
    rollout.state === "completed"
      ? `After ${hours()} h its release is completed. Under both bundles ${shareRight(office)} were decided right.`
      : `${rollout.state === "rolled_back" ? "" : `Still ${rollout.state}. `}After ${hours()} h:${why}`,
  );
}

function shareRight(office: Office): string {
  const { mails, right } = office.takeTally();
  return `${((100 * right) / mails).toFixed(1)} % of ${mails} mails`;
}

function take<Item>(from: Iterator<Item>, count: number): Item[] {
  const taken: Item[] = [];
  while (taken.length < count) {
    const { done, value } = from.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
