import { Text } from "@mantine/core";
import type { RolloutJournalEntry } from "@relearn/contract";
import { LiveTable } from "../parts/live-table.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** Every event that changed a rollout. */
export function RolloutJournal({ entries }: { entries: readonly RolloutJournalEntry[] }) {
  if (entries.length === 0) return <Text c="dimmed">No changes since it was proposed.</Text>;
  return (
    <LiveTable
      caption="History, newest first"
      rows={[...entries].reverse()}
      rowKey={(entry) => String(entry.sequence)}
      columns={[
        { name: "Generation", kind: "number", cell: (entry) => entry.sequence },
        { name: "When", cell: (entry) => <TimeText at={entry.at} /> },
        { name: "Event", cell: (entry) => entry.kind.replaceAll("_", " ") },
        {
          name: "Result",
          cell: (entry) =>
            entry.detail["state"] === undefined
              ? "proposed"
              : `${String(entry.detail["state"]).replaceAll("_", " ")}, ${String(entry.detail["percent"])} %`,
        },
        { name: "By", cell: (entry) => describeActor(entry) },
      ]}
    />
  );
}

function describeActor(entry: RolloutJournalEntry): string {
  const event = entry.detail["event"] as { actor?: { name?: string } } | undefined;
  return event?.actor?.name ?? (entry.kind === "analysis" ? "guard" : "");
}
