import type { PopulationFigure, PopulationFigures, QueueStatistics } from "@relearn/contract";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.argument("<agent>"))
    .option(
      "--days <count>",
      "days of traffic that the estimates cover (default: 30)",
      parseWholeNumber(1, 180),
    )
    .action(async (agent: string, options: ConnectionOptions & { days?: number }) => {
      const [progress, population] = await withApi(options, async (api) => [
        await api.get<QueueStatistics>(path`/v1/agents/${agent}/queue-statistics`),
        await api.get<PopulationFigures>(path`/v1/agents/${agent}/population`, { days: options.days }),
      ]);
      if (options.json) return printJson({ progress, population });
      printText([...formatPoints(progress), "", ...populationLines(population)].join("\n"));
    });
};

function formatPoints({ summary, points, settlement }: QueueStatistics): string[] {
  const rows = points
    .slice(-20)
    .map((point) => [
      point.measured_at.slice(0, 16).replace("T", " "),
      String(point.labels),
      point.accuracy === null ? "-" : point.accuracy.toFixed(3),
      spread(point.accuracy_interval, 3),
      point.expected_errors === null ? "-" : point.expected_errors.toFixed(0),
      spread(point.expected_errors_interval, 0),
    ]);
  const table =
    rows.length === 0
      ? []
      : [
          "",
          formatTable(["when (UTC)", "labels", "accuracy", "95 %", "errors left", "95 %"], rows, [
            "left",
            "right",
            "right",
            "left",
            "right",
            "left",
          ]),
        ];
  const settled =
    settlement === null
      ? []
      : [
          "",
          `Agreement of successive bundles (kappa): ${settlement.kappas.map((kappa) => kappa.toFixed(3)).join(", ")}; ${settlement.settled ? "settled: more labels of this kind change little." : "not settled."}`,
        ];
  return [summary, ...table, ...settled];
}

function populationLines(figures: PopulationFigures): string[] {
  const { population, control, positive } = figures;
  const span = `${figures.from.slice(0, 10)} to ${figures.to.slice(0, 10)}`;
  if (control.labeled === 0) {
    return [
      `No estimates for the ${population} results of ${span}: the control share (${control.drawn} drawn) has no labels yet. Next: relearn review ${figures.agent}`,
    ];
  }
  const rough = control.labeled < 20 ? " (with fewer than 20, the intervals are approximate)" : "";
  return [
    `All ${population} results of ${span}, from ${control.labeled} labels of the control share${rough}:`,
    ...(figures.positive_rate === null ? [] : [figureLine(`${positive}`, figures.positive_rate)]),
    ...(figures.decision_error === null ? [] : [figureLine("wrong decisions", figures.decision_error)]),
  ];
}

function figureLine(name: string, figure: PopulationFigure): string {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const range = ([low, high]: readonly [number, number]): string => `${percent(low)} to ${percent(high)}`;
  return `  ${name}: ${percent(figure.estimate)} (90 %: ${range(figure.interval)}; labels alone: ${range(figure.labels_only.interval)})`;
}

function spread(interval: readonly [number, number] | null, places: number): string {
  return interval === null ? "" : `${interval[0].toFixed(places)}-${interval[1].toFixed(places)}`;
}
