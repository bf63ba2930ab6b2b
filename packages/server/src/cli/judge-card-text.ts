/** Reliability cards and the panel as text for people. */
import type { PanelModel, ReliabilityCard } from "@relearn/contract";
import { ENOUGH_LABELS, type RateWithInterval } from "../judges/reliability-card.ts";
import { formatTable } from "./output.ts";

const percent = (value: number | null): string => (value === null ? "-" : `${(100 * value).toFixed(1)} %`);
const figure = (value: number | null): string => (value === null ? "-" : value.toFixed(2));
const range = ([low, high]: readonly [number, number]): string => `${percent(low)} to ${percent(high)}`;

/** One line a judge, who agrees most with people first, and what to know before reading them. */
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
      "finds",
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
    `"finds" and "false alarms": how often it says ${JSON.stringify(positive)} where that is right, and where it is not.`,
    ...sorted.flatMap((card) => (card.drift === null ? [] : [`! ${card.judge}: ${card.drift.message}`])),
    ...(few.length === 0
      ? []
      : [
          `Not enough labels: fewer than ${ENOUGH_LABELS} effective ones, so the figures lean on their prior${few.length === sorted.length ? "" : ` (${few.map((card) => card.judge).join(", ")})`}.`,
        ]),
  ].join("\n");
}

/** Everything that is known of one judge. */
export function cardPage(card: ReliabilityCard): string {
  const rate = ({ value, interval }: RateWithInterval): string =>
    `${percent(value)}  (95 %: ${range(interval)})`;
  const facts: (readonly [string, string])[] = [
    ["labels", `${card.labels}, ${card.effective_sample_size.toFixed(1)} effective after decay`],
    ["agrees with people", rate(card.agreement)],
    [`says ${card.positive} when it is`, rate(card.sensitivity)],
    [`says ${card.positive} when it is not`, rate(card.false_alarm_rate)],
    [`labels that are ${card.positive}`, percent(card.base_rate)],
    ["Cohen's kappa", card.cohen_kappa === null ? "not defined: one answer only" : figure(card.cohen_kappa)],
    ["Brier, log-loss", `${figure(card.brier)}, ${figure(card.log_loss)}`],
    ["calibration error", figure(card.calibration_error)],
    ["gave no verdict", String(card.abstentions)],
    [
      "changed with the order",
      card.order_inconsistency === null ? "not tried" : percent(card.order_inconsistency),
    ],
    ["last evidence", card.last_evidence?.slice(0, 16).replace("T", " ") ?? "none"],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const verdicts = [...new Set(Object.values(card.confusion).flatMap((row) => Object.keys(row)))].sort();
  return [
    `${card.judge}${card.enough_labels ? "" : ": not enough labels, the figures lean on their prior"}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...(card.drift === null ? [] : ["", `! ${card.drift.message}`]),
    ...(verdicts.length === 0
      ? []
      : [
          "",
          formatTable(
            ["people say", ...verdicts.map((verdict) => `it says ${verdict}`)],
            Object.entries(card.confusion).map(([label, row]) => [
              label,
              ...verdicts.map((verdict) => (Object.hasOwn(row, verdict) ? row[verdict]! : 0).toFixed(1)),
            ]),
            ["left", ...verdicts.map(() => "right" as const)],
          ),
          "",
          formatTable(
            ["states", "is right", "95 %", "labels, decayed"],
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

/** What a vote of each judge does to the panel's odds. */
export function panelText(panel: PanelModel): string {
  const { judges, labels } = panel;
  const head = `The panel decides by ${panel.method}: ${judges.length} ${judges.length === 1 ? "judge" : "judges"}, ${labels === 0 ? "no label yet, so all votes count alike" : `${labels.toFixed(1)} labels after decay`}.`;
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
    formatTable(["judge", "log-odds of a vote", "", "odds of what it says"], rows, [
      "left",
      "right",
      "right",
      "right",
    ]),
    ...(spreads.length === 0
      ? []
      : ["", `Weight of each spread of the judges, by its evidence: ${spreads.join(", ")}.`]),
  ].join("\n");
}
