import type { ReliabilityCard } from "@relearn/contract";
import { Link } from "@tanstack/react-router";
import { formatShare } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";

/** What people said in the row, what the judge said in the column; a cell opens the tasks behind it. */
export function JudgeConfusion({ agent, card }: { agent: string; card: ReliabilityCard }) {
  const confusion = card.confusion ?? {};
  const labels = Object.keys(confusion).sort();
  const verdicts = [...new Set(labels.flatMap((label) => Object.keys(confusion[label] ?? {})))].sort();
  if (labels.length === 0) return <p className="muted">Not enough data: no labeled verdict yet.</p>;
  const totalOf = (label: string) =>
    Object.values(confusion[label] ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <DataTable
        caption="Confusion: the person's label in the row, the judge's verdict in the column"
        rows={labels}
        rowKey={(label) => label}
        columns={[
          {
            name: "Person says",
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
            name: `says ${verdict}`,
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
                  {count.toFixed(1)} ({formatShare(count / totalOf(label), 0)})
                </Link>
              );
            },
          })),
          { name: "n, decayed", kind: "number", cell: (label) => totalOf(label).toFixed(1) },
        ]}
      />
      <p className="meta">Counts decay: a label of 30 days ago counts half.</p>
    </>
  );
}
