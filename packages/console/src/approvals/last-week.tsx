import { Button } from "@mantine/core";
import type { PayloadExplanation } from "@relearn/client";
import type { Approval, ApprovalBacktest, BacktestExample } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatCount, formatNumber, formatRatio, formatShare } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";

/** What the bundle would have decided differently on the traffic of the week before the request. */
export function LastWeek({ approval }: { approval: Approval }) {
  const { backtest } = approval;
  if (backtest === null)
    return <p className="muted">Nothing was active: there is nothing to compare with.</p>;
  if (backtest.payloads === 0) return <p className="muted">No traffic last week to compare.</p>;
  return (
    <div className="stack">
      <p>
        <span className="key-figure">{formatCount(backtest.different)}</span> of{" "}
        {formatCount(backtest.payloads)} decided differently ({formatShare(backtest.share)}
        {backtest.is_sample && ", the newest payloads alone"}).{" "}
        {backtest.by_class.map((pair) => `${pair.old} to ${pair.new}: ${formatCount(pair.count)}`).join("; ")}
        {backtest.by_class.length > 0 && "."} {rightText(backtest)}
      </p>
      {backtest.examples.length > 0 && <Examples approval={approval} examples={backtest.examples} />}
    </div>
  );
}

function rightText({ labeled_different: labeled }: ApprovalBacktest): string {
  if (labeled.payloads === 0) return "No label says which of the two was right.";
  return `Where a label says who was right (${formatAmount(labeled.payloads, "task")}): old ${formatCount(labeled.old_right)}, new ${formatCount(labeled.new_right)}, neither ${formatCount(labeled.neither_right)}.`;
}

function Examples({ approval, examples }: { approval: Approval; examples: readonly BacktestExample[] }) {
  const { missing } = usePermission();
  const blocked = missing("label");
  const send = useMutation({
    mutationFn: (taskKey: string) =>
      callApi<{ queued: boolean }>("POST", "/v1/review/requests", {
        body: { agent: approval.agent, task_key: taskKey },
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["queue"] }),
  });
  return (
    <>
      {blocked !== null && <p>{blocked}</p>}
      <div aria-live="polite">
        {send.isError && <Problem what="Not sent to review" error={send.error} />}
        {send.data !== undefined && (
          <p>
            {send.variables}{" "}
            {send.data.queued ? "waits in the queue now." : "is or was in the queue already."}{" "}
            <Link to="/review" search={{ agent: approval.agent }}>
              Review
            </Link>
          </p>
        )}
      </div>
      <DataTable
        caption="Decided differently, the most telling first"
        rows={examples}
        rowKey={(example) => example.task_key}
        columns={[
          {
            name: "Task",
            cell: (example) => (
              <Link
                to="/data/examples"
                search={{ agent: approval.agent, key: example.task_key }}
                className="mono"
              >
                {example.task_key}
              </Link>
            ),
          },
          { name: "Old", cell: (example) => decisionText(example.old) },
          { name: "New", cell: (example) => decisionText(example.new) },
          { name: "Why", kind: "wrap", cell: (example) => whyText(example.new.explanation) },
          {
            name: "Label",
            cell: (example) =>
              example.label === null ? (
                <span className="muted">none</span>
              ) : (
                `${example.label}${example.right === null ? "" : `: ${example.right} right`}`
              ),
          },
          {
            name: "Ask a person",
            cell: (example) => (
              <Button
                size="compact-sm"
                disabled={blocked !== null}
                loading={send.isPending && send.variables === example.task_key}
                aria-label={`Send to review: ${example.task_key}`}
                onClick={() => send.mutate(example.task_key)}
              >
                Send to review
              </Button>
            ),
          },
        ]}
      />
    </>
  );
}

function decisionText({ label, probability }: BacktestExample["old"]): string {
  return `${label} ${formatRatio(probability)}`;
}

/** What weighed most, in a line. */
function whyText(explanation: PayloadExplanation): string {
  if (explanation.model_type === "LogisticRegression") {
    return [...explanation.contributions]
      .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
      .slice(0, 2)
      .filter(({ contribution }) => contribution !== 0)
      .map(
        ({ feature, value, contribution }) =>
          `${feature} ${formatNumber(value)} (${contribution > 0 ? "+" : ""}${formatNumber(Number(contribution.toPrecision(2)))} for ${explanation.class})`,
      )
      .join(", ");
  }
  return explanation.path
    .map(
      (step) =>
        `${step.feature} ${formatNumber(step.value)} ${step.side === "at_or_below" ? "at or below" : "above"} ${formatNumber(step.threshold)}`,
    )
    .join(", ");
}
