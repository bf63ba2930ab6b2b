import { Text } from "@mantine/core";
import type { AgentStatus, QueueStatistics } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queueStatisticsQuery, statusQuery } from "../api/documents.ts";
import { formatAmount, formatCount, formatRatio } from "../format/numbers.ts";

/** Effect of the labels so far, shown with the verdicts after the label is stored. */
export function LabelsBought({ agent }: { agent: string }) {
  const progress = useQuery(queueStatisticsQuery(agent));
  const status = useQuery(statusQuery);
  const one = status.data?.agents.find((each) => each.agent === agent);
  return (
    <Text c="dimmed">
      {one !== undefined && status.data !== undefined && `${untilTraining(one, status.data.least_labels)} `}
      {progress.data !== undefined && `${errorsText(progress.data)} `}
      <Link to="/data/learning" search={{ agent }}>
        Learning curve
      </Link>
    </Text>
  );
}

function untilTraining({ labels, newest_bundle }: AgentStatus, least: number): string {
  if (newest_bundle === null) {
    return labels.trainable < least
      ? `${formatCount(labels.trainable)} of ${formatCount(least)} labels needed to train a model.`
      : `${formatAmount(labels.trainable, "label")}: enough to train a model.`;
  }
  const since = Math.max(0, labels.trainable - newest_bundle.training_count);
  return `${formatAmount(since, "label")} more than ${newest_bundle.bundle_id} was trained on (accuracy ${formatRatio(newest_bundle.accuracy)}).`;
}

function errorsText({ now, points }: QueueStatistics): string {
  if (now.expected_errors === null || now.expected_errors_interval === null) return "";
  const before = points.findLast((point) => point.expected_errors !== null)?.expected_errors;
  const [low, high] = now.expected_errors_interval.map(formatCount);
  const from = before === undefined || before === null ? "" : `${formatCount(before)} → `;
  return `Expected errors left: ${from}${formatCount(now.expected_errors)} (${low} to ${high}) of ${formatCount(now.unlabeled ?? 0)} unlabeled.`;
}
