import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReliabilityCard } from "../../../server/src/http-contract.ts";
import { agentsQuery, judgeWeightsQuery, reliabilityQuery } from "../api/documents.ts";
import { CalibrationChart } from "../chart/calibration-chart.tsx";
import { LineChart } from "../chart/line-chart.tsx";
import { formatCount, formatInterval, formatRatio, formatShare } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { StateMark } from "../parts/state-mark.tsx";

const route = getRouteApi("/judges/$id");

/** One judge's card: how far it can be trusted, on how much evidence. A card an agent that it judges for. */
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
  const [first] = cards;
  return (
    <Region name="Agents" query={agents}>
      {() =>
        first === undefined ? (
          <Page title={id}>
            {found.some((one) => one.isPending) ? null : <p>There is no card of this judge.</p>}
          </Page>
        ) : (
          <Card agent={first.agent} card={first.card} others={first.others} />
        )
      }
    </Region>
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
    <div className="stack-wide">
      <Head
        name={card.judge}
        state={
          card.enough_labels ? (
            <StateMark token="plain">Measured</StateMark>
          ) : (
            <StateMark token="hold">Leaning on the prior</StateMark>
          )
        }
        why={
          card.enough_labels
            ? `For ${agent} it is right ${formatShare(card.agreement.value, 0)} of the time ${formatInterval(card.agreement.interval)}, measured on ${formatCount(card.labels)} labels.`
            : `Too few labels to weigh this judge: ${Math.floor(card.effective_sample_size)} of 25.`
        }
      />
      {card.drift !== null && <p className="warning">{card.drift.message}</p>}
      <div className="columns">
        <section className="stack" aria-labelledby="figures">
          <h2 id="figures">Figures</h2>
          <Facts
            facts={[
              [
                "Agreement (95 %)",
                `${formatRatio(card.agreement.value)} ${formatInterval(card.agreement.interval)}`,
              ],
              [
                `Says ${card.positive} when it is`,
                `${formatRatio(card.sensitivity.value)} ${formatInterval(card.sensitivity.interval)}`,
              ],
              [
                `Says ${card.positive} when it is not`,
                `${formatRatio(card.false_alarm_rate.value)} ${formatInterval(card.false_alarm_rate.interval)}`,
              ],
              [
                "Kappa",
                card.cohen_kappa === null ? "undefined: one label only" : formatRatio(card.cohen_kappa),
              ],
              ["Brier", formatRatio(card.brier)],
              ["Log-loss", formatRatio(card.log_loss)],
              ["Calibration error", formatRatio(card.calibration_error)],
              ["Labels", `${formatCount(card.labels)}, ${card.effective_sample_size.toFixed(1)} effective`],
              ["Gave no verdict", formatCount(card.abstentions)],
              [
                "Changed with the order of answers",
                card.order_inconsistency === null ? "not tried" : formatShare(card.order_inconsistency, 0),
              ],
              [
                "Specification's weight",
                evidence === undefined
                  ? "none yet"
                  : `${formatRatio(evidence.weight)} from ${formatCount(evidence.predictions)} verdicts in 30 days`,
              ],
            ]}
          />
        </section>
        <section className="stack" aria-labelledby="calibration">
          <h2 id="calibration">Calibration</h2>
          <CalibrationChart points={card.calibration_curve} />
        </section>
      </div>
      <div className="columns columns-wide">
        <section className="stack" aria-labelledby="confusion">
          <h2 id="confusion">Confusion</h2>
          <JudgeConfusion agent={agent} card={card} />
        </section>
        <section className="stack" aria-labelledby="drift">
          <h2 id="drift">Drift</h2>
          <Drift card={card} />
        </section>
      </div>
      {earlier.length > 0 && (
        <section className="stack" aria-labelledby="versions">
          <h2 id="versions">Other versions</h2>
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
        </section>
      )}
    </div>
  );
}

/** What people said in the row, what the judge said in the column; a row's name opens its labels. */
function JudgeConfusion({ agent, card }: { agent: string; card: ReliabilityCard }) {
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
              <Link to="/data/examples" search={{ agent, label }}>
                {label}
              </Link>
            ),
          },
          ...verdicts.map((verdict) => ({
            name: `says ${verdict}`,
            kind: "number" as const,
            cell: (label: string) => {
              const count = confusion[label]?.[verdict] ?? 0;
              return count === 0 ? "0" : `${count.toFixed(1)} (${formatShare(count / totalOf(label), 0)})`;
            },
          })),
          { name: "n, decayed", kind: "number", cell: (label) => totalOf(label).toFixed(1) },
        ]}
      />
      <p className="meta">Counts decay: a label of 30 days ago counts half.</p>
    </>
  );
}

/** Fewer labels than this in a week make no point. */
const LEAST_WEEKLY = 5;

function Drift({ card }: { card: ReliabilityCard }) {
  const weeks = new Map<number, { labels: number; agreeing: number }>();
  for (const [day, [labels, agreeing]] of Object.entries(card.days ?? {})) {
    const week = Math.floor(Date.parse(day) / WEEK_MS);
    const sum = weeks.get(week) ?? { labels: 0, agreeing: 0 };
    weeks.set(week, { labels: sum.labels + labels, agreeing: sum.agreeing + agreeing });
  }
  const points = [...weeks].sort(([a], [b]) => a - b);
  const drawn = points.filter(([, { labels }]) => labels >= LEAST_WEEKLY);
  return (
    <>
      <LineChart
        title="Agreement with people"
        unit="share, by week"
        window={`last 90 days, n ${formatCount(points.reduce((sum, [, { labels }]) => sum + labels, 0))}`}
        xName="Week from"
        x={drawn.map(([week]) => (week * WEEK_MS) / 1000)}
        series={[{ name: "agreement", values: drawn.map(([, { labels, agreeing }]) => agreeing / labels) }]}
        format={(value) => formatRatio(value)}
        formatX={(seconds) =>
          new Date(seconds * 1000).toLocaleDateString("en-GB", {
            day: "numeric",
            month: "short",
            timeZone: "UTC",
          })
        }
        empty={`Not enough data for a line: two weeks with ${LEAST_WEEKLY} labels or more are needed.`}
      />
      <p className="meta">
        {card.drift === null
          ? "No drift proven: the last 14 days are like those before, as far as their labels tell."
          : card.drift.message}
      </p>
    </>
  );
}

const WEEK_MS = 7 * 86_400_000;
