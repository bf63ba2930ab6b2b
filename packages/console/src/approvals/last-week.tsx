import { Button, Stack, Text } from "@mantine/core";
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

/** Decisions of the week before the request that the bundle would have changed. */
export function LastWeek({ approval }: { approval: Approval }) {
  const { backtest } = approval;
  if (backtest === null)
    return <Text c="dimmed">No bundle was active, so there is nothing to compare with.</Text>;
  if (backtest.payloads === 0) return <Text c="dimmed">No traffic last week to compare.</Text>;
  return (
    <Stack>
      <p>
        <Text span size="1.5rem" fw={600}>
          {formatCount(backtest.different)}
        </Text>{" "}
        of {formatCount(backtest.payloads)} decided differently ({formatShare(backtest.share)}
        {backtest.is_sample && ", newest payloads only"}).{" "}
        {backtest.by_class.map((pair) => `${pair.old} to ${pair.new}: ${formatCount(pair.count)}`).join("; ")}
        {backtest.by_class.length > 0 && "."} {rightText(backtest)}
      </p>
      {backtest.examples.length > 0 && <Examples approval={approval} examples={backtest.examples} />}
    </Stack>
  );
}

function rightText({ labeled_different: labeled }: ApprovalBacktest): string {
  if (labeled.payloads === 0) return "No label tells which of the two was right.";
  return `Of those with a label (${formatAmount(labeled.payloads, "task")}): old ${formatCount(labeled.old_right)}, new ${formatCount(labeled.new_right)}, neither ${formatCount(labeled.neither_right)}.`;
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
            {send.data.queued ? "is in the review queue now." : "was already in the review queue."}{" "}
            <Link to="/review" search={{ agent: approval.agent }}>
              Review
            </Link>
          </p>
        )}
      </div>
      <DataTable
        caption="Decided differently, most informative first"
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
                <Text span c="dimmed">
                  none
                </Text>
              ) : (
                `${example.label}${example.right === null ? "" : `: ${example.right} right`}`
              ),
          },
          {
            name: "Review",
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

/** The strongest contributions, in one line. */
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
