/** Formats reliability cards and the panel as text. */
import type { PanelModel, ReliabilityCard } from "@relearn/contract";
import { ENOUGH_LABELS, type RateWithInterval } from "../judges/reliability-card.ts";
import { formatTable } from "./output.ts";

const percent = (value: number | null): string => (value === null ? "-" : `${(100 * value).toFixed(1)} %`);
const figure = (value: number | null): string => (value === null ? "-" : value.toFixed(2));
const range = ([low, high]: readonly [number, number]): string => `${percent(low)} to ${percent(high)}`;

/** Formats one line per judge, ordered by agreement with people, with remarks on how to read the figures. */
export function cardTable(cards: readonly ReliabilityCard[]): string {
  const sorted = [...cards].sort(
    (a, b) => b.agreement.value - a.agreement.value || (a.judge < b.judge ? -1 : 1),
  );
  const few = sorted.filter((card) => !card.enough_labels);
  const rows = sorted.map((card) => [
    card.judge,
    String(card.labels),
    percent(card.agreement.value),
    range(card.agreement.interval),
    percent(card.sensitivity.value),
    percent(card.false_alarm_rate.value),
    figure(card.cohen_kappa),
    figure(card.brier),
    figure(card.log_loss),
    figure(card.calibration_error),
    card.last_evidence?.slice(0, 10) ?? "-",
    ...(few.length === 0 ? [] : [card.enough_labels ? "" : "not enough labels"]),
  ]);
  const table = formatTable(
    [
      "judge",
      "labels",
      "agrees",
      "95 %",
      "hits",
      "false alarms",
      "kappa",
      "Brier",
      "log-loss",
      "calib. error",
      "last",
      ...(few.length === 0 ? [] : ["evidence"]),
    ],
    rows,
    ["left", ...Array.from({ length: 9 }, () => "right" as const)],
  );
  const positive = sorted[0]?.positive ?? "";
  return [
    table,
    "",
    `"hits" and "false alarms": how often the judge says ${JSON.stringify(positive)} if that is right, and if it is not.`,
    ...sorted.flatMap((card) => (card.drift === null ? [] : [`! ${card.judge}: ${card.drift.message}`])),
    ...(few.length === 0
      ? []
      : [
          `Not enough labels: fewer than ${ENOUGH_LABELS} effective labels, so the figures depend mostly on their prior${few.length === sorted.length ? "" : ` (${few.map((card) => card.judge).join(", ")})`}.`,
        ]),
  ].join("\n");
}

/** Formats the whole card of a judge. */
export function cardPage(card: ReliabilityCard): string {
  const rate = ({ value, interval }: RateWithInterval): string =>
    `${percent(value)}  (95 %: ${range(interval)})`;
  const facts: (readonly [string, string])[] = [
    ["labels", `${card.labels}, ${card.effective_sample_size.toFixed(1)} effective after decay`],
    ["agrees with people", rate(card.agreement)],
    [`says ${card.positive} if it is`, rate(card.sensitivity)],
    [`says ${card.positive} if it is not`, rate(card.false_alarm_rate)],
    [`labels that are ${card.positive}`, percent(card.base_rate)],
    ["Cohen's kappa", card.cohen_kappa === null ? "not defined: only one class" : figure(card.cohen_kappa)],
    ["Brier, log-loss", `${figure(card.brier)}, ${figure(card.log_loss)}`],
    ["calibration error", figure(card.calibration_error)],
    ["abstained", String(card.abstentions)],
    [
      "changed with order",
      card.order_inconsistency === null ? "not tested" : percent(card.order_inconsistency),
    ],
    ["last evidence", card.last_evidence?.slice(0, 16).replace("T", " ") ?? "none"],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const verdicts = [...new Set(Object.values(card.confusion).flatMap((row) => Object.keys(row)))].sort();
  return [
    `${card.judge}${card.enough_labels ? "" : ": not enough labels, so the figures depend mostly on their prior"}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...(card.drift === null ? [] : ["", `! ${card.drift.message}`]),
    ...(verdicts.length === 0
      ? []
      : [
          "",
          formatTable(
            ["label", ...verdicts.map((verdict) => `verdict ${verdict}`)],
            Object.entries(card.confusion).map(([label, row]) => [
              label,
              ...verdicts.map((verdict) => (Object.hasOwn(row, verdict) ? row[verdict]! : 0).toFixed(1)),
            ]),
            ["left", ...verdicts.map(() => "right" as const)],
          ),
          "",
          formatTable(
            ["confidence", "right", "95 %", "labels, decayed"],
            card.calibration_curve.map((point) => [
              percent(point.confidence),
              percent(point.agreement),
              range(point.band),
              point.weight.toFixed(1),
            ]),
            ["right", "right", "right", "right"],
          ),
        ]),
  ].join("\n");
}

/** Formats how a vote of each judge changes the odds of the panel. */
export function panelText(panel: PanelModel): string {
  const { judges, labels } = panel;
  const head = `The panel decides by ${panel.method}: ${judges.length} ${judges.length === 1 ? "judge" : "judges"}, ${labels === 0 ? "no labels yet, so all votes count equally" : `${labels.toFixed(1)} labels after decay`}.`;
  if (!("components" in panel)) return head;
  const rows = judges
    .map((judge, index) => {
      const logOdds = panel.components.reduce(
        (sum, component) => sum + component.probability * component.vote_log_odds[index]!,
        0,
      );
      return { judge, logOdds, error: panel.standard_errors?.[index] ?? null };
    })
    .sort((a, b) => b.logOdds - a.logOdds)
    .map(({ judge, logOdds, error }) => [
      judge,
      logOdds.toFixed(2),
      error === null ? "-" : `± ${error.toFixed(2)}`,
      `x ${Math.exp(logOdds).toFixed(Math.exp(logOdds) < 10 ? 2 : 0)}`,
    ]);
  const spreads = panel.components
    .filter(({ tau, probability }) => tau !== null && probability >= 0.005)
    .map(({ tau, probability }) => `${tau}: ${Math.round(100 * probability)} %`);
  return [
    head,
    "",
    formatTable(["judge", "log-odds of a vote", "", "factor on the odds"], rows, [
      "left",
      "right",
      "right",
      "right",
    ]),
    ...(spreads.length === 0
      ? []
      : ["", `Weight of each prior spread of the judges, from the evidence: ${spreads.join(", ")}.`]),
  ].join("\n");
}
