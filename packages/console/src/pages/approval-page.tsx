import { Button, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type {
  AppliedApproval,
  Approval,
  BundleWithStatus,
  RolloutPlan,
  SettingDocument,
} from "../../../server/src/http-contract.ts";
import { callApi } from "../api/call-api.ts";
import { approvalQuery, bundleQuery, settingsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { ThresholdHistogram } from "../chart/threshold-histogram.tsx";
import { formatAmount, formatCount, formatNumber, formatRatio } from "../format/numbers.ts";
import { formatDistance, formatTime } from "../format/times.ts";
import { comparedRows } from "../parts/compared-rows.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { EvaluationView } from "../parts/evaluation-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Problem } from "../parts/problem.tsx";
import { DetailRegion, Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { approvalStates } from "../parts/state-words.ts";
import { sideText } from "../parts/threshold-side.ts";
import { TimeText } from "../parts/time-text.tsx";
import { WarningsList } from "../parts/warnings-list.tsx";

import { LastWeek } from "./approval-backtest.tsx";

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
              <Thresholds approval={approval} next={next} />
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
                <Plan plan={approval.plan} />
              </section>
            )}
            <section className="stack" aria-labelledby="changes">
              <h2 id="changes">Everything that changes</h2>
              <Changes approval={approval} />
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

function ApprovalActs({ approval }: { approval: Approval }) {
  const { session, missing } = usePermission();
  const { data: settings } = useQuery(settingsQuery);
  const [rationale, setRationale] = useState("");
  const [act, setAct] = useState<Act | null>(null);
  const decide = useMutation({
    mutationFn: ({ kind, body }: { kind: string; body: object }) =>
      callApi<Approval | AppliedApproval>(
        "POST",
        `/v1/approvals/${encodeURIComponent(approval.id)}/${kind}`,
        { body },
      ),
    onSettled: () => queryClient.invalidateQueries(),
  });
  if (approval.status !== "pending" && approval.status !== "approved") return null;

  if (approval.status === "approved") {
    const blocked = missing("release");
    return (
      <div className="stack" style={{ width: "100%" }}>
        <div className="row">
          <Button
            variant="filled"
            disabled={blocked !== null}
            loading={decide.isPending}
            onClick={() => decide.mutate({ kind: "application", body: {} })}
          >
            Start at {firstStage(settings, approval.agent)} %
          </Button>
          <Button disabled={missing("override") !== null} onClick={() => setAct(fullDeployment(approval))}>
            Deploy to 100 %
          </Button>
          {blocked !== null && <span>{blocked}</span>}
        </div>
        {decide.isError && <Problem what="Not started" error={decide.error} />}
        <ConfirmAct
          act={act}
          onClose={() => setAct(null)}
          onDone={() => {
            setAct(null);
            void queryClient.invalidateQueries();
          }}
        />
      </div>
    );
  }

  const proposedByMe = session?.actor.name === approval.proposer;
  const fourEyes = isFourEyes(settings, approval.agent);
  const editedByMe = session !== undefined && approval.edited_by.includes(session.actor.name);
  const did = proposedByMe ? "proposed" : editedByMe ? "put" : null;
  const mine =
    did !== null && fourEyes
      ? `You ${did} this bundle${did === "put" ? " into the request" : ""}. Someone else must approve it.`
      : null;
  const missingRight = missing("approve");
  const blocked = missingRight ?? mine;
  return (
    <form
      className="stack form"
      style={{ width: "100%" }}
      onSubmit={(event) => {
        event.preventDefault();
        decide.mutate({
          kind: "approval",
          body: { rationale: rationale.trim(), bundle_digest: approval.bundle_digest },
        });
      }}
    >
      <Textarea
        label="Rationale"
        description="Kept with the approval, in the audit."
        value={rationale}
        onChange={(event) => setRationale(event.currentTarget.value)}
        maxLength={10_000}
      />
      <div className="row">
        <Button type="submit" variant="filled" disabled={blocked !== null} loading={decide.isPending}>
          Approve
        </Button>
        <Button
          disabled={missingRight !== null}
          onClick={() => decide.mutate({ kind: "rejection", body: { rationale: rationale.trim() } })}
        >
          Reject
        </Button>
        {mine !== null && missing("override") === null && (
          <Button variant="subtle" onClick={() => setAct(breakGlass(approval))}>
            Break glass
          </Button>
        )}
      </div>
      {blocked !== null && <p>{blocked}</p>}
      {decide.isError && <Problem what="Not decided" error={decide.error} />}
      <ConfirmAct
        act={act}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null);
          void queryClient.invalidateQueries();
        }}
      />
    </form>
  );
}

const fullDeployment = (approval: Approval): Act => ({
  title: `Give ${approval.bundle_id} 100 % without a canary?`,
  text: `The guard will have nothing to compare. Type ${approval.agent}.`,
  confirm: "Deploy to 100 %",
  cancel: "Cancel",
  focus: "cancel",
  reason: "none",
  typed: approval.agent,
  run: () =>
    callApi("POST", `/v1/approvals/${encodeURIComponent(approval.id)}/application`, { body: { full: true } }),
});

const breakGlass = (approval: Approval): Act => ({
  title: "Break glass: approve alone?",
  text: "Admins are told now; a review of this act opens. Type break glass.",
  confirm: "Approve alone",
  cancel: "Cancel",
  focus: "cancel",
  reason: "required",
  typed: "break glass",
  run: (reason) =>
    callApi("POST", `/v1/approvals/${encodeURIComponent(approval.id)}/approval`, {
      body: { rationale: reason, break_glass: true, bundle_digest: approval.bundle_digest },
    }),
});

function policyOf(settings: readonly SettingDocument[] | undefined, agent: string) {
  return settings?.find((setting) => setting.key === `rollout_policy.${agent}`)?.value as
    | { four_eyes?: boolean; stages?: readonly number[] }
    | undefined;
}

function isFourEyes(settings: readonly SettingDocument[] | undefined, agent: string): boolean {
  return (
    policyOf(settings, agent)?.four_eyes ??
    settings?.find((setting) => setting.key === "four_eyes")?.value !== false
  );
}

function firstStage(settings: readonly SettingDocument[] | undefined, agent: string): number {
  return policyOf(settings, agent)?.stages?.[0] ?? 10;
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

function Thresholds({ approval, next }: { approval: Approval; next: BundleWithStatus }) {
  const { changes } = approval.diff;
  const rows = Object.entries(next.thresholds).map(([name, value]) => {
    const change = changes[`thresholds.${name}`];
    return {
      name,
      value,
      old: change === undefined ? (approval.base_bundle_id === null ? null : value) : Number(change.old),
      changed: change !== undefined || approval.base_bundle_id === null,
    };
  });
  if (rows.length === 0) return <p className="muted">The agent defines none: the model's answer decides.</p>;
  return (
    <DataTable
      caption="Thresholds, old and new"
      rows={rows}
      rowKey={(row) => row.name}
      isMarked={(row) => row.changed}
      columns={[
        { name: "Threshold", cell: (row) => <span className="mono">{row.name}</span> },
        { name: "Old", kind: "number", cell: (row) => (row.old === null ? "none" : formatNumber(row.old)) },
        { name: "New", kind: "number", cell: (row) => formatNumber(row.value) },
        {
          name: "Change",
          kind: "number",
          cell: (row) =>
            row.old === null
              ? "new"
              : row.old === row.value
                ? "unchanged"
                : `${row.value > row.old ? "+" : ""}${formatNumber(row.value - row.old)}`,
        },
        { name: "How it came about", kind: "wrap", cell: (row) => next.threshold_formulas[row.name] ?? "" },
      ]}
    />
  );
}

function Changes({ approval }: { approval: Approval }) {
  const rows = comparedRows(approval.diff);
  if (rows.length === 0) return <p className="muted">Nothing that a person decides on differs.</p>;
  return (
    <details>
      <summary>{formatAmount(rows.length, "row")}</summary>
      <DataTable
        caption="Everything that changes"
        rows={rows}
        rowKey={(row) => row.path}
        columns={[
          { name: "What", cell: (row) => <span className="mono">{row.path}</span> },
          { name: "Old", kind: "number", cell: (row) => row.old },
          { name: "New", kind: "number", cell: (row) => row.next },
        ]}
      />
    </details>
  );
}

/** The planner's word at the traffic of the time of the request. */
function Plan({ plan }: { plan: RolloutPlan }) {
  return (
    <div className="stack">
      <p>
        {plan.expected_at === null
          ? "No date can be given"
          : `Through all stages about ${formatTime(plan.expected_at)}`}
        , at {formatNumber(Number((plan.units_per_hour * 24).toPrecision(2)))} units a day
        {plan.base_quality !== null && ` of mean quality ${formatRatio(plan.base_quality)}`}.
      </p>
      {plan.warning !== null && <p className="warning">{plan.warning}</p>}
      <DataTable
        caption="Plan, stage by stage"
        rows={plan.stages}
        rowKey={(stage) => String(stage.percent)}
        columns={[
          { name: "Stage", cell: (stage) => `${stage.percent} %` },
          {
            name: "To be proven",
            cell: (stage) =>
              stage.margin === null
                ? "nothing: a watch"
                : `not worse by ${formatNumber(Number((stage.margin * 100).toFixed(1)))} ${stage.margin_in_points ? "points" : "%"}`,
          },
          {
            name: "Units needed",
            kind: "number",
            cell: (stage) => (stage.units_needed === null ? "" : formatCount(stage.units_needed)),
          },
          {
            name: "Hours",
            kind: "number",
            cell: (stage) =>
              stage.expected_hours === null ? "unknown" : formatNumber(Math.ceil(stage.expected_hours)),
          },
          {
            name: "Chance that a person is asked",
            kind: "number",
            cell: (stage) =>
              stage.undecided_probability === null ? "unknown" : formatRatio(stage.undecided_probability),
          },
        ]}
      />
    </div>
  );
}
