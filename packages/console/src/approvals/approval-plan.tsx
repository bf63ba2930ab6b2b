import type { RolloutPlan } from "@relearn/contract";
import { formatCount, formatNumber, formatRatio } from "../format/numbers.ts";
import { formatTime } from "../format/times.ts";
import { DataTable } from "../parts/data-table.tsx";

/** The planner's word at the traffic of the time of the request. */
export function ApprovalPlan({ plan }: { plan: RolloutPlan }) {
  return (
    <div className="stack">
      <p>
        {plan.expected_at === null
          ? "No date can be given"
          : `Through all stages about ${formatTime(plan.expected_at)}`}
        , at {formatNumber(Number((plan.units_per_hour * 24).toPrecision(2)))} units a day
        {plan.base_quality !== null && ` of mean quality ${formatRatio(plan.base_quality)}`}.
      </p>
      {plan.warning !== null && <p className="warning">{plan.warning}</p>}
      <DataTable
        caption="Plan, stage by stage"
        rows={plan.stages}
        rowKey={(stage) => String(stage.percent)}
        columns={[
          { name: "Stage", cell: (stage) => `${stage.percent} %` },
          {
            name: "To be proven",
            cell: (stage) =>
              stage.margin === null
                ? "nothing: a watch"
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
            name: "Chance that a person is asked",
            kind: "number",
            cell: (stage) =>
              stage.undecided_probability === null ? "unknown" : formatRatio(stage.undecided_probability),
          },
        ]}
      />
    </div>
  );
}
