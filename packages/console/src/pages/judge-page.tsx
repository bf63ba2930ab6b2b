import { Stack } from "@mantine/core";
import type { ReliabilityCard } from "@relearn/contract";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { agentsQuery, judgeWeightsQuery, reliabilityQuery } from "../api/documents.ts";
import { CalibrationChart } from "../chart/calibration-chart.tsx";
import { formatCount, formatInterval, formatRatio, formatShare } from "../format/numbers.ts";
import { JudgeConfusion } from "../judges/judge-confusion.tsx";
import { JudgeDrift } from "../judges/judge-drift.tsx";
import { JudgedResults } from "../judges/judged-results.tsx";
import { Columns } from "../parts/columns.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Notice } from "../parts/notice.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { DetailRegion, Loading } from "../parts/region.tsx";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";

const route = getRouteApi("/judges/$id");

/** Reliability card of one judge for one agent. */
export function JudgePage() {
  const { id } = route.useParams();
  const { of } = route.useSearch();
  const agents = useQuery(agentsQuery);
  const names = (agents.data ?? [])
    .map((one) => one.definition.name)
    .filter((name) => of === undefined || name === of);
  const found = useQueries({ queries: names.map((name) => reliabilityQuery(name)) });
  const cards = found.flatMap((one) =>
    (one.data?.cards ?? [])
      .filter((card) => card.judge === id)
      .map((card) => ({ agent: one.data?.agent ?? "", card, others: one.data?.cards ?? [] })),
  );
  const failed = found.find((one) => one.isError);
  const [first] = cards;
  return (
    <DetailRegion name="Judge" id={id} query={agents} list={<Link to="/judges">All judges</Link>}>
      {() =>
        first === undefined ? (
          <Page title={id}>
            {found.some((one) => one.isPending) ? (
              <Loading name="Judge" />
            ) : failed?.error ? (
              <Problem what="Judge not loaded" error={failed.error} onRetry={() => void failed.refetch()} />
            ) : (
              <p>
                No reliability card for this judge. <Link to="/judges">All judges</Link>
              </p>
            )}
          </Page>
        ) : (
          <Card agent={first.agent} card={first.card} others={first.others} />
        )
      }
    </DetailRegion>
  );
}

interface CardProps {
  readonly agent: string;
  readonly card: ReliabilityCard;
  readonly others: readonly ReliabilityCard[];
}

function Card({ agent, card, others }: CardProps) {
  const weights = useQuery(judgeWeightsQuery(agent));
  const evidence = weights.data?.judges[card.judge];
  const earlier = others.filter((other) => other.name === card.name && other.judge !== card.judge);
  return (
    <Stack gap="lg">
      <Head
        name={card.judge}
        state={
          card.enough_labels ? (
            <StateMark token="plain">Measured</StateMark>
          ) : (
            <StateMark token="hold">Relies on the prior</StateMark>
          )
        }
        why={
          card.enough_labels
            ? `Agrees with ${formatShare(card.agreement.value, 0)} of the labels of ${agent} ${formatInterval(card.agreement.interval)}, measured on ${formatCount(card.labels)} labels.`
            : `Too few labels to weight this judge: ${Math.floor(card.effective_sample_size)} of 25.`
        }
      />
      {card.drift !== null && <Notice>{card.drift.message}</Notice>}
      <Columns>
        <Section id="figures" title="Metrics">
          <Facts
            facts={[
              [
                "Agreement (95 %)",
                `${formatRatio(card.agreement.value)} ${formatInterval(card.agreement.interval)}`,
              ],
              [
                `True alarm rate for ${card.positive} (95 %)`,
                `${formatRatio(card.sensitivity.value)} ${formatInterval(card.sensitivity.interval)}`,
              ],
              [
                `False alarm rate for ${card.positive} (95 %)`,
                `${formatRatio(card.false_alarm_rate.value)} ${formatInterval(card.false_alarm_rate.interval)}`,
              ],
              [
                "Kappa",
                card.cohen_kappa === null ? "undefined: only one class" : formatRatio(card.cohen_kappa),
              ],
              ["Brier score", formatRatio(card.brier)],
              ["Log-loss", formatRatio(card.log_loss)],
              ["Calibration error", formatRatio(card.calibration_error)],
              ["Labels", `${formatCount(card.labels)}, ${card.effective_sample_size.toFixed(1)} effective`],
              ["Abstentions", formatCount(card.abstentions)],
              [
                "Changed with the order of options",
                card.order_inconsistency === null ? "not tested" : formatShare(card.order_inconsistency, 0),
              ],
              [
                "Weight by the specification",
                evidence === undefined
                  ? "none yet"
                  : `${formatRatio(evidence.weight)} from ${formatCount(evidence.predictions)} verdicts in 30 days`,
              ],
            ]}
          />
        </Section>
        <Section id="calibration" title="Calibration">
          <CalibrationChart points={card.calibration_curve} />
        </Section>
      </Columns>
      <Columns wide>
        <Section id="confusion" title="Confusion matrix">
          <JudgeConfusion agent={agent} card={card} />
        </Section>
        <Section id="drift" title="Drift">
          <JudgeDrift card={card} />
        </Section>
      </Columns>
      <Section id="results" title="Labeled tasks">
        <JudgedResults agent={agent} judge={card.judge} />
      </Section>
      {earlier.length > 0 && (
        <Section id="versions" title="Other versions">
          <DataTable
            caption="Other versions of this judge"
            rows={earlier}
            rowKey={(other) => other.judge}
            columns={[
              { name: "Judge", cell: (other) => other.judge },
              { name: "Agreement", kind: "number", cell: (other) => formatRatio(other.agreement.value) },
              {
                name: "Effective n",
                kind: "number",
                cell: (other) => other.effective_sample_size.toFixed(1),
              },
            ]}
          />
        </Section>
      )}
    </Stack>
  );
}
