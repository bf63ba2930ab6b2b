import { Group, Paper, Text } from "@mantine/core";
import type { Rollout, RolloutJournalEntry } from "@relearn/contract";
import { formatTime } from "../format/times.ts";
import { isRunning } from "../parts/rollout-words.ts";

/** Stages of a rollout, and when each was entered. */
export function RolloutStages({
  rollout,
  journal,
}: {
  rollout: Rollout;
  journal: readonly RolloutJournalEntry[];
}) {
  const entered = new Map<number, string>();
  for (const entry of journal) {
    const percent = Number(entry.detail["percent"]);
    const stage = rollout.policy.stages.findLastIndex(
      (one) => one <= percent || (percent >= 50 && one === 100 && entry.detail["state"] === "full"),
    );
    if (percent > 0 && stage >= 0 && !entered.has(stage)) entered.set(stage, entry.at);
  }
  return (
    <Group component="ol" m={0} p={0} style={{ listStyle: "none" }}>
      {rollout.policy.stages.map((percent, index) => {
        const now = rollout.stage === index && isRunning(rollout);
        const at = now ? rollout.stage_entered_at : (entered.get(index) ?? null);
        return (
          <Paper
            component="li"
            key={percent}
            px="sm"
            py={4}
            bd={now ? "2px solid var(--ink)" : "1px solid var(--line)"}
            aria-current={now ? "step" : undefined}
          >
            <strong>{percent} %</strong>
            <Text size="xs" c="dimmed">
              {at === null ? "not reached" : `since ${formatTime(at)}`}
            </Text>
          </Paper>
        );
      })}
    </Group>
  );
}
