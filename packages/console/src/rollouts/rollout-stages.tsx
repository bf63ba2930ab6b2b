import type { Rollout, RolloutJournalEntry } from "@relearn/contract";
import { formatTime } from "../format/times.ts";
import { isRunning } from "../parts/rollout-words.ts";

/** The stages with when each was entered; what is to come is open. */
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
    <ol className="steps">
      {rollout.policy.stages.map((percent, index) => {
        const now = rollout.stage === index && isRunning(rollout);
        const at = now ? rollout.stage_entered_at : (entered.get(index) ?? null);
        return (
          <li key={percent} data-now={now} aria-current={now ? "step" : undefined}>
            <strong>{percent} %</strong>
            <span className="meta">{at === null ? "not reached" : `since ${formatTime(at)}`}</span>
          </li>
        );
      })}
    </ol>
  );
}
