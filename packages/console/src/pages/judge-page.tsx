import type { ReliabilityCard } from "@relearn/contract";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { agentsQuery, judgeWeightsQuery, reliabilityQuery } from "../api/documents.ts";
import { CalibrationChart } from "../chart/calibration-chart.tsx";
import { formatCount, formatInterval, formatRatio, formatShare } from "../format/numbers.ts";
import { JudgeConfusion } from "../judges/judge-confusion.tsx";
import { JudgeDrift } from "../judges/judge-drift.tsx";
import { JudgedResults } from "../judges/judged-results.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { DetailRegion, Loading } from "../parts/region.tsx";
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
                There is no card of this judge. <Link to="/judges">All judges</Link>
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
          <JudgeDrift card={card} />
        </section>
      </div>
      <section className="stack" aria-labelledby="results">
        <h2 id="results">Labeled tasks</h2>
        <JudgedResults agent={agent} judge={card.judge} />
      </section>
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
