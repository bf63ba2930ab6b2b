import { Text } from "@mantine/core";
import type { ReliabilityCard } from "@relearn/contract";
import { Link } from "@tanstack/react-router";
import { formatShare } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";

/** Confusion matrix: label in the row, verdict in the column; a cell opens its tasks. */
export function JudgeConfusion({ agent, card }: { agent: string; card: ReliabilityCard }) {
  const confusion = card.confusion ?? {};
  const labels = Object.keys(confusion).sort();
  const verdicts = [...new Set(labels.flatMap((label) => Object.keys(confusion[label] ?? {})))].sort();
  if (labels.length === 0) return <Text c="dimmed">Not enough data: no labeled verdict yet.</Text>;
  const sumRow = (label: string) =>
    Object.values(confusion[label] ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <DataTable
        caption="Confusion: the person's label in the row, the judge's verdict in the column"
        rows={labels}
        rowKey={(label) => label}
        columns={[
          {
            name: "Label",
            cell: (label) => (
              <Link
                to="/judges/$id"
                params={{ id: card.judge }}
                search={{ of: agent, label }}
                hash="results"
                resetScroll={false}
              >
                {label}
              </Link>
            ),
          },
          ...verdicts.map((verdict) => ({
            name: `Judged ${verdict}`,
            kind: "number" as const,
            cell: (label: string) => {
              const count = confusion[label]?.[verdict] ?? 0;
              if (count === 0) return "0";
              return (
                <Link
                  to="/judges/$id"
                  params={{ id: card.judge }}
                  search={{ of: agent, label, verdict }}
                  hash="results"
                  resetScroll={false}
                  aria-label={`${count.toFixed(1)}: tasks that people call ${label} and ${card.name} calls ${verdict}`}
                >
                  {count.toFixed(1)} ({formatShare(count / sumRow(label), 0)})
                </Link>
              );
            },
          })),
          { name: "n, decayed", kind: "number", cell: (label) => sumRow(label).toFixed(1) },
        ]}
      />
      <Text size="xs" c="dimmed">
        Counts decay: a label that is 30 days old counts half.
      </Text>
    </>
  );
}
