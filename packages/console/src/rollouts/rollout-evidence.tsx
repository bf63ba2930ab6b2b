import { Code, Text, Title } from "@mantine/core";
import type { Analysis, Gate, Rollout, RolloutJournalEntry } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { armsQuery } from "../api/documents.ts";
import { formatCount, formatRelative } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { NavTabs } from "../parts/nav-tabs.tsx";
import { deltaText, isRunning, type MeasureName, measureNames } from "../parts/rollout-words.ts";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { eValueText, RolloutCharts } from "./rollout-charts.tsx";

const route = getRouteApi("/rollouts/$id");

interface EvidenceProps {
  readonly rollout: Rollout;
  readonly analyses: readonly Analysis[];
  readonly newest: Analysis | null;
  readonly journal: readonly RolloutJournalEntry[];
}

/** Gates, differences and charts of the newest analysis, and the analyses before it. */
export function RolloutEvidence({ rollout, analyses, newest, journal }: EvidenceProps) {
  const { metric } = route.useSearch();
  const navigate = useNavigate({ from: "/rollouts/$id" });
  const arms = useQuery(armsQuery(rollout.rollout_id));
  if (newest === null) {
    return (
      <Empty>
        {isRunning(rollout) ? (
          <>
            No analysis yet. The guard analyzes the rollout every hour; run{" "}
            <Code>relearn canary check {rollout.agent}</Code> to analyze it now.
          </>
        ) : (
          "No analysis: the rollout had no traffic."
        )}
      </Empty>
    );
  }
  const { verdict } = newest;
  const measured = measureNames.filter((name) => verdict.deltas[name] !== undefined);
  const chosen: MeasureName = measured.find((name) => name === metric) ?? "quality";
  return (
    <>
      <Section id="gates" title={isRunning(rollout) ? "Gates" : "Final gates"}>
        {verdict.gates.length === 0 ? (
          <Text c="dimmed">This state has no gates.</Text>
        ) : (
          <Gates gates={verdict.gates} running={isRunning(rollout)} />
        )}
      </Section>
      <Section id="differences" title="Canary compared with active">
        <DataTable
          caption="Differences, canary compared with active"
          rows={measured}
          rowKey={(name) => name}
          columns={[
            { name: "Measure", cell: (name) => name },
            {
              name: "Whole rollout (95 %, at every analysis)",
              kind: "number",
              cell: (name) => deltaText(verdict.deltas[name]?.rollout, verdict.intervals[name]),
            },
            {
              name: "This stage",
              kind: "number",
              cell: (name) => formatRelative(verdict.deltas[name]?.stage),
            },
            {
              name: "E-value of harm",
              kind: "number",
              cell: (name) => eValueText(verdict.e_values[`harm.${name}`]),
            },
          ]}
        />
        <Text size="xs" c="dimmed">
          {formatCount(verdict.units.canary)} units canary, {formatCount(verdict.units.active)} active, with
          outcomes and a known arm; in this stage {formatCount(verdict.units.stage_canary)} and{" "}
          {formatCount(verdict.units.stage_active)}. Newest analysis: <TimeText at={newest.at} />.
        </Text>
        <NavTabs label="Measure">
          {measured.map((name) => (
            <a
              key={name}
              href={`?metric=${name}`}
              aria-current={name === chosen ? "page" : undefined}
              onClick={(event) => {
                event.preventDefault();
                void navigate({ search: { metric: name }, replace: true });
              }}
            >
              {name}
            </a>
          ))}
        </NavTabs>
        <RolloutCharts
          rollout={rollout}
          arms={arms.data}
          analyses={analyses}
          journal={journal}
          measure={chosen}
        />
      </Section>
      <details>
        <summary>
          <Title order={2} display="inline">
            Analyses
          </Title>{" "}
          <Text span c="dimmed">
            {formatCount(analyses.length)} by the guard
          </Text>
        </summary>
        <DataTable
          caption="Analyses by the guard, newest first"
          rows={[...analyses].reverse().slice(0, 200)}
          rowKey={(analysis) => `${analysis.epoch}-${analysis.analysis}`}
          columns={[
            { name: "When", cell: (analysis) => <TimeText at={analysis.at} /> },
            { name: "Verdict", cell: (analysis) => analysis.verdict.recommendation },
            { name: "Why", kind: "wrap", cell: (analysis) => analysis.verdict.reason },
            { name: "New units", kind: "number", cell: (analysis) => formatCount(analysis.units) },
            {
              name: "Units, canary/active",
              kind: "number",
              cell: (analysis) =>
                `${formatCount(analysis.verdict.units.canary)}/${formatCount(analysis.verdict.units.active)}`,
            },
          ]}
        />
      </details>
    </>
  );
}

function Gates({ gates, running }: { gates: readonly Gate[]; running: boolean }) {
  return (
    <DataTable
      caption="Gates of the next stage"
      rows={gates}
      rowKey={(gate) => gate.name}
      columns={[
        { name: "Gate", cell: (gate) => gate.name.replaceAll("_", " ") },
        {
          name: "State",
          cell: (gate) => (
            <StateMark token={gate.status === "met" ? "better" : gate.status === "failed" ? "harm" : "plain"}>
              {gate.status === "waiting" && !running ? "not met" : gate.status}
            </StateMark>
          ),
        },
        { name: "Why", kind: "wrap", cell: (gate) => gate.text },
        ...(running
          ? [
              {
                name: "Expected",
                cell: (gate: Gate) =>
                  gate.expected_at === null ? (
                    ""
                  ) : (
                    <>
                      about <TimeText at={gate.expected_at} />
                    </>
                  ),
              },
            ]
          : []),
      ]}
    />
  );
}
