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
import { EvaluationView } from "../parts/evaluation-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { DetailRegion, Region } from "../parts/region.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { approvalStates } from "../parts/state-words.ts";
import { sideText } from "../parts/threshold-side.ts";
import { TimeText } from "../parts/time-text.tsx";
import { WarningsList } from "../parts/warnings-list.tsx";

const route = getRouteApi("/approvals/$id");

/** One request to release a bundle: what would change, and the decision on it. */
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
    <div className="stack-wide">
      <Head
        name={approval.bundle_id}
        state={<StateMark token={token}>{words}</StateMark>}
        why={whyOf(approval)}
        next={nextOf(approval)}
        actions={<ApprovalActs approval={approval} />}
      />
      <Region name="Bundle" query={bundle}>
        {(next) => (
          <>
            <section className="stack" aria-labelledby="warnings">
              <h2 id="warnings">Warnings</h2>
              <WarningsList warnings={next.warnings} />
            </section>
            <section className="stack" aria-labelledby="thresholds">
              <h2 id="thresholds">Thresholds</h2>
              <ApprovalThresholds approval={approval} next={next} />
              <div className="columns columns-wide">
                {(approval.backtest?.thresholds ?? []).map((traffic) => (
                  <ThresholdHistogram
                    key={traffic.threshold}
                    traffic={traffic}
                    side={sideText(next, traffic.threshold)}
                  />
                ))}
              </div>
            </section>
            <section className="stack" aria-labelledby="last-week">
              <h2 id="last-week">Last week</h2>
              <LastWeek approval={approval} />
            </section>
            <section className="stack" aria-labelledby="evaluation">
              <h2 id="evaluation">Evaluation</h2>
              <EvaluationView old={base.data ?? null} next={next} />
            </section>
            {approval.plan !== null && (
              <section className="stack" aria-labelledby="plan">
                <h2 id="plan">When a verdict can be expected</h2>
                <ApprovalPlan plan={approval.plan} />
              </section>
            )}
            <section className="stack" aria-labelledby="changes">
              <h2 id="changes">Everything that changes</h2>
              <ApprovalChanges approval={approval} />
            </section>
          </>
        )}
      </Region>
      <section className="stack" aria-labelledby="digests">
        <h2 id="digests">What this approval is bound to</h2>
        <Facts
          facts={[
            ["Bundle", <BundleLink key="bundle" id={approval.bundle_id} />],
            ["Its digest", <code key="digest">{approval.bundle_digest}</code>],
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
                  one.break_glass ? `Approved alone by ${one.by}` : `Approved by ${one.by}`,
                  <>
                    <TimeText at={one.at} /> {one.rationale}
                  </>,
                ] as const,
            ),
          ]}
        />
      </section>
    </div>
  );
}

function BundleLink({ id }: { id: string }) {
  return (
    <Link to="/bundles/$id" params={{ id }} className="mono">
      {id}
    </Link>
  );
}

function whyOf(approval: Approval): string {
  const changes = Object.keys(approval.diff.changes).filter((path) => path.startsWith("thresholds.")).length;
  const added = Object.keys(approval.diff.additions).filter((path) => path.startsWith("thresholds.")).length;
  const compared =
    approval.base_bundle_id === null
      ? `${approval.agent} has no active bundle yet; ${formatAmount(added, "threshold")} would be set.`
      : `Against ${approval.base_bundle_id}, active when it was proposed, ${formatAmount(changes, "threshold")} would change.`;
  return `${approval.proposer} asks to release it for ${approval.agent}. ${compared}`;
}

function nextOf(approval: Approval): ReactNode {
  switch (approval.status) {
    case "pending":
      return `an approval; it expires ${formatDistance(approval.expires_at, new Date())}, on ${formatTime(approval.expires_at)}.`;
    case "approved":
      return `its start; the approval expires ${formatDistance(approval.expires_at, new Date())}, on ${formatTime(approval.expires_at)}.`;
    case "applied":
      return (
        <>
          what the guard says of{" "}
          <Link to="/rollouts/$id" params={{ id: approval.rollout_id }}>
            its rollout
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
