import type {
  AgentStatus,
  Approval,
  JobDocument,
  LabelConflict,
  ReviewQueueDocument,
  Right,
  RolloutOverride,
} from "@relearn/contract";
import { formatAmount } from "../format/numbers.ts";

/** One thing that waits for the person at the console. */
export interface Need {
  readonly key: string;
  readonly about: string;
  readonly text: string;
  /** Time since which it waits; null if it is unknown. */
  readonly since: string | null;
  /** Time at which it expires; null if it does not. */
  readonly until: string | null;
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
}

export interface NeedFacts {
  readonly person: string;
  readonly may: (right: Right) => boolean;
  readonly pending: readonly Approval[];
  readonly approved: readonly Approval[];
  readonly agents: readonly AgentStatus[];
  readonly jobs: readonly JobDocument[];
  readonly conflicts: readonly LabelConflict[];
  readonly queues: readonly ReviewQueueDocument[];
  readonly overrides: readonly RolloutOverride[];
}

/** Lists what waits for this person and their role allows, oldest first; entries without a time come last. */
export function listNeeds(facts: NeedFacts): Need[] {
  const { may, person } = facts;
  const needs: Need[] = [
    ...facts.pending
      .filter((one) => may("approve") && one.proposer !== person && !one.edited_by.includes(person))
      .map((one) => ({
        key: one.id,
        about: one.agent,
        text: `Approve ${one.bundle_id}`,
        since: one.created_at,
        until: one.expires_at,
        to: `/approvals/${one.id}`,
      })),
    ...facts.approved
      .filter(
        (one) =>
          may("release") &&
          facts.agents.some(({ agent, rollout }) => agent === one.agent && rollout === null),
      )
      .map((one) => ({
        key: one.id,
        about: one.agent,
        text: `Start ${one.bundle_id}`,
        since: one.approvals.at(-1)?.at ?? one.created_at,
        until: one.expires_at,
        to: `/approvals/${one.id}`,
      })),
    ...facts.overrides
      .filter((one) => may("approve") && one.actor !== person)
      .map((one) => ({
        key: `${one.rollout_id} ${one.generation}`,
        about: one.agent,
        text: `Review the override by ${one.actor}`,
        since: one.at,
        until: null,
        to: `/rollouts/${one.rollout_id}`,
      })),
    ...facts.agents.flatMap(({ agent, rollout }) => {
      if (rollout === null || !may("approve")) return [];
      const stopped = rollout.state === "hold" || rollout.state === "ask";
      if (!stopped && rollout.recommendation !== "ask" && rollout.recommendation !== "rollback") return [];
      return [
        {
          key: rollout.rollout_id,
          about: agent,
          text: stopped ? "Resume or roll back the rollout" : "Roll back as the guard recommends",
          since: null,
          until: null,
          to: `/rollouts/${rollout.rollout_id}`,
        },
      ];
    }),
    ...byAgent(may("label") ? facts.conflicts : []).map(([agent, conflicts]) => ({
      key: `conflicts ${agent}`,
      about: agent,
      text: `Resolve ${formatAmount(conflicts.length, "conflict")}`,
      since: conflicts.map((one) => one.created_at).sort()[0] ?? null,
      until: null,
      to: "/data/conflicts",
      search: { agent },
    })),
    ...facts.jobs
      .filter((job) => may("operate") && job.last_run?.state === "failed")
      .map((job) => ({
        key: job.job,
        about: "jobs",
        text: `Check failed job ${job.job}`,
        since: job.last_run?.started_at ?? null,
        until: null,
        to: `/jobs/${job.last_run?.id}`,
      })),
    ...facts.queues.flatMap(({ agent, waiting, disputed }) =>
      may("label")
        ? [
            ...(disputed === 0
              ? []
              : [
                  {
                    key: `disputed ${agent}`,
                    about: agent,
                    text: `Resolve ${formatAmount(disputed, "disputed item")}`,
                    since: null,
                    until: null,
                    to: "/review",
                    search: { agent, view: "disputed" },
                  },
                ]),
            ...(waiting === 0
              ? []
              : [
                  {
                    key: `review ${agent}`,
                    about: agent,
                    text: `Label ${formatAmount(waiting, "item")}`,
                    since: null,
                    until: null,
                    to: "/review",
                    search: { agent },
                  },
                ]),
          ]
        : [],
    ),
  ];
  return needs.sort((a, b) => (a.since ?? "9").localeCompare(b.since ?? "9"));
}

function byAgent(conflicts: readonly LabelConflict[]): [string, LabelConflict[]][] {
  const groups = new Map<string, LabelConflict[]>();
  for (const one of conflicts) groups.set(one.agent, [...(groups.get(one.agent) ?? []), one]);
  return [...groups];
}
