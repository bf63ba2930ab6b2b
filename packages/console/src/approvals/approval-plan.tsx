import { Stack } from "@mantine/core";
import type { RolloutPlan } from "@relearn/contract";
import { formatCount, formatNumber, formatRatio } from "../format/numbers.ts";
import { formatTime } from "../format/times.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Notice } from "../parts/notice.tsx";

/** Duration of the rollout, estimated from the traffic at the time of the request. */
export function ApprovalPlan({ plan }: { plan: RolloutPlan }) {
  return (
    <Stack>
      <p>
        {plan.expected_at === null
          ? "No date can be estimated"
          : `Estimated end of all stages: ${formatTime(plan.expected_at)}`}
        , at {formatNumber(Number((plan.units_per_hour * 24).toPrecision(2)))} units a day
        {plan.base_quality !== null && ` of mean quality ${formatRatio(plan.base_quality)}`}.
      </p>
      {plan.warning !== null && <Notice>{plan.warning}</Notice>}
      <DataTable
        caption="Plan by stage"
        rows={plan.stages}
        rowKey={(stage) => String(stage.percent)}
        columns={[
          { name: "Stage", cell: (stage) => `${stage.percent} %` },
          {
            name: "Evidence needed",
            cell: (stage) =>
              stage.margin === null
                ? "nothing (observation only)"
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
            name: "Chance of a manual decision",
            kind: "number",
            cell: (stage) =>
              stage.undecided_probability === null ? "unknown" : formatRatio(stage.undecided_probability),
          },
        ]}
      />
    </Stack>
  );
}
