import { Button, Code, Text } from "@mantine/core";
import type { Receipt, StoredReplay } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { callApi } from "../api/call-api.ts";
import { receiptsQuery } from "../api/documents.ts";
import { formatAmount, formatCount } from "../format/numbers.ts";
import { LiveTable } from "../parts/live-table.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** Evidence of each decision, and a replay that checks that the decision follows from it. */
export function RolloutReceipts({ rolloutId }: { rolloutId: string }) {
  const receipts = useQuery(receiptsQuery(rolloutId));
  const replay = useMutation({
    mutationFn: () => callApi<StoredReplay>("POST", `/v1/rollouts/${encodeURIComponent(rolloutId)}/replay`),
  });
  return (
    <Section
      id="receipts"
      title="Receipts"
      actions={
        <Button loading={replay.isPending} onClick={() => replay.mutate()}>
          Replay
        </Button>
      }
    >
      <div aria-live="polite">
        {replay.isError && (
          <Problem what="Not replayed" error={replay.error} onRetry={() => replay.mutate()} />
        )}
        {replay.data !== undefined && <ReplayText replay={replay.data} />}
      </div>
      <Region name="Receipts" query={receipts}>
        {(rows) =>
          rows.length === 0 ? (
            <Text c="dimmed">No decisions yet.</Text>
          ) : (
            <LiveTable
              caption="Receipts, newest first"
              rows={[...rows].reverse()}
              rowKey={(receipt) => String(receipt.sequence)}
              columns={[
                { name: "Number", kind: "number", cell: (receipt) => `#${receipt.sequence}` },
                { name: "When", cell: (receipt) => <TimeText at={receipt.at} /> },
                { name: "Decision", cell: (receipt) => receipt.action.replaceAll("_", " ") },
                { name: "By", cell: (receipt) => receipt.actor },
                { name: "Traffic, %", kind: "number", cell: (receipt) => receipt.percent },
                { name: "Why", kind: "wrap", cell: (receipt) => receipt.reason },
                { name: "Units, canary / active", kind: "number", cell: describeUnits },
                {
                  name: "Hash",
                  kind: "nowrap",
                  cell: (receipt) => <Code title={receipt.hash}>{receipt.hash.slice(0, 12)}</Code>,
                },
              ]}
            />
          )
        }
      </Region>
    </Section>
  );
}

function describeUnits({ verdict }: Receipt): string {
  return verdict === null
    ? "by a person"
    : `${formatCount(verdict.units.canary)} / ${formatCount(verdict.units.active)}`;
}

function ReplayText({ replay }: { replay: StoredReplay }) {
  const [first] = replay.differences;
  return (
    <p>
      <StateMark token={replay.identical ? (replay.verdicts_replayed ? "better" : "hold") : "harm"}>
        {replay.identical ? (replay.verdicts_replayed ? "Identical" : "Chains intact") : "Not identical"}
      </StateMark>{" "}
      Replayed {formatAmount(replay.analyses, "analysis", "analyses")} of {formatAmount(replay.units, "unit")}{" "}
      and {formatAmount(replay.transitions, "decision")} from the history.
      {first !== undefined && ` First difference, in the ${first.in} at ${first.place}: ${first.reason}`}
    </p>
  );
}
