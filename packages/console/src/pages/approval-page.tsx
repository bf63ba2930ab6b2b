import { Code, Stack } from "@mantine/core";
import type { Approval } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { approvalQuery, bundleQuery } from "../api/documents.ts";
import { ApprovalActs } from "../approvals/approval-acts.tsx";
import { ApprovalChanges } from "../approvals/approval-changes.tsx";
import { ApprovalPlan } from "../approvals/approval-plan.tsx";
import { ApprovalThresholds } from "../approvals/approval-thresholds.tsx";
import { LastWeek } from "../approvals/last-week.tsx";
import { ThresholdHistogram } from "../chart/threshold-histogram.tsx";
import { formatAmount } from "../format/numbers.ts";
import { formatDistance, formatTime } from "../format/times.ts";
import { Columns } from "../parts/columns.tsx";
import { EvaluationView } from "../parts/evaluation-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { DetailRegion, Region } from "../parts/region.tsx";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { approvalStates } from "../parts/state-words.ts";
import { sideText } from "../parts/threshold-side.ts";
import { TimeText } from "../parts/time-text.tsx";
import { WarningsList } from "../parts/warnings-list.tsx";

const route = getRouteApi("/approvals/$id");

/** One request to release a bundle: its changes, its evaluation, and the decision. */
export function ApprovalPage() {
  const { id } = route.useParams();
  const approval = useQuery(approvalQuery(id));
  return (
    <DetailRegion name="Approval" id={id} query={approval} list={<Link to="/approvals">All approvals</Link>}>
      {(loaded) => <ApprovalView approval={loaded} />}
    </DetailRegion>
  );
}

function ApprovalView({ approval }: { approval: Approval }) {
  const bundle = useQuery(bundleQuery(approval.bundle_id));
  const base = useQuery({
    ...bundleQuery(approval.base_bundle_id ?? ""),
    enabled: approval.base_bundle_id !== null,
  });
  const { token, words } = approvalStates[approval.status];
  return (
    <Stack gap="lg">
      <Head
        name={approval.bundle_id}
        state={<StateMark token={token}>{words}</StateMark>}
        why={describeReason(approval)}
        next={describeNextStep(approval)}
        actions={<ApprovalActs approval={approval} />}
      />
      <Region name="Bundle" query={bundle}>
        {(next) => (
          <>
            <Section id="warnings" title="Warnings">
              <WarningsList warnings={next.warnings} />
            </Section>
            <Section id="thresholds" title="Thresholds">
              <ApprovalThresholds approval={approval} next={next} />
              <Columns wide>
                {(approval.backtest?.thresholds ?? []).map((traffic) => (
                  <ThresholdHistogram
                    key={traffic.threshold}
                    traffic={traffic}
                    side={sideText(next, traffic.threshold)}
                  />
                ))}
              </Columns>
            </Section>
            <Section id="last-week" title="Last week">
              <LastWeek approval={approval} />
            </Section>
            <Section id="evaluation" title="Evaluation">
              <EvaluationView old={base.data ?? null} next={next} />
            </Section>
            {approval.plan !== null && (
              <Section id="plan" title="Expected duration">
                <ApprovalPlan plan={approval.plan} />
              </Section>
            )}
            <Section id="changes" title="All changes">
              <ApprovalChanges approval={approval} />
            </Section>
          </>
        )}
      </Region>
      <Section id="digests" title="Identity">
        <Facts
          facts={[
            ["Bundle", <BundleLink key="bundle" id={approval.bundle_id} />],
            ["Digest", <Code key="digest">{approval.bundle_digest}</Code>],
            [
              "Active when proposed",
              approval.base_bundle_id === null ? (
                "nothing"
              ) : (
                <BundleLink key="base" id={approval.base_bundle_id} />
              ),
            ],
            ["Proposed", <TimeText key="at" at={approval.created_at} />],
            [
              "Approval",
              <span key="id" className="mono">
                {approval.id}
              </span>,
            ],
            ...approval.approvals.map(
              (one) =>
                [
                  one.break_glass ? `Approved without a second person by ${one.by}` : `Approved by ${one.by}`,
                  <>
                    <TimeText at={one.at} /> {one.rationale}
                  </>,
                ] as const,
            ),
          ]}
        />
      </Section>
    </Stack>
  );
}

function BundleLink({ id }: { id: string }) {
  return (
    <Link to="/bundles/$id" params={{ id }} className="mono">
      {id}
    </Link>
  );
}

function describeReason(approval: Approval): string {
  const changes = Object.keys(approval.diff.changes).filter((path) => path.startsWith("thresholds.")).length;
  const added = Object.keys(approval.diff.additions).filter((path) => path.startsWith("thresholds.")).length;
  const compared =
    approval.base_bundle_id === null
      ? `${approval.agent} has no active bundle yet; ${formatAmount(added, "threshold")} would be set.`
      : `${formatAmount(changes, "threshold")} would change compared with ${approval.base_bundle_id}, the active bundle at the time.`;
  return `${approval.proposer} proposes to release it for ${approval.agent}. ${compared}`;
}

function describeNextStep(approval: Approval): ReactNode {
  switch (approval.status) {
    case "pending":
      return `approval; the request expires ${formatDistance(approval.expires_at, new Date())}, on ${formatTime(approval.expires_at)}.`;
    case "approved":
      return `start; the approval expires ${formatDistance(approval.expires_at, new Date())}, on ${formatTime(approval.expires_at)}.`;
    case "applied":
      return (
        <>
          <Link to="/rollouts/$id" params={{ id: approval.rollout_id }}>
            see the rollout
          </Link>
          .
        </>
      );
    case "expired":
    case "superseded":
      return "propose the bundle again.";
    default:
      return undefined;
  }
}
