import type { AnalysisResult, CanaryStatus, MoveResult, Release, Verdict } from "@relearn/contract";
import { path } from "./api.ts";
import { watchCanary } from "./canary-watch.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseNumber, parseWholeNumber } from "./parse-number.ts";

interface CheckOptions extends ConnectionOptions {
  readonly lookbackHours?: number;
  readonly threshold?: number;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command
      .command("status")
      .description("what the agent's traffic gets, and the rollout that runs")
      .argument("<agent>"),
  ).action(async (agent: string, options: ConnectionOptions) => {
    const status = await withApi(options, (api) => api.get<CanaryStatus>(path`/v1/agents/${agent}/canary`));
    if (options.json) return printJson(status);
    printText(formatStatus(status));
  });

  addConnectionOptions(
    command
      .command("watch")
      .description("the running evidence, refreshed until q, Ctrl-C or the rollout's end")
      .argument("<agent>"),
  )
    .option("--every <seconds>", "how often it is refreshed", parseNumber("--every", 0.1, 3600), 10)
    .option("--count <times>", "end after so many refreshes", parseWholeNumber("--count", 1, 1e6))
    .action(async (agent: string, options: ConnectionOptions & { every: number; count?: number }) =>
      withApi(options, (api) =>
        watchCanary({
          api,
          agent,
          everyMs: options.every * 1000,
          count: options.count,
          json: options.json === true,
          output: process.stdout,
          input: process.stdin,
          now: () => new Date(),
        }),
      ),
    );

  addConnectionOptions(
    command.command("check").description("what the guard would say now; changes nothing").argument("<agent>"),
  )
    .option(
      "--lookback-hours <hours>",
      "window of the point estimates (policy specification)",
      parseNumber("--lookback-hours", 0.01, 8760),
    )
    .option(
      "--threshold <share>",
      "quality drop that rolls back, e.g. 0.05 (policy specification)",
      parseNumber("--threshold", 0.000001, 1),
    )
    .action(async (agent: string, options: CheckOptions) => {
      const verdict = await withApi(options, (api) =>
        api.post<Verdict>(path`/v1/agents/${agent}/canary/check`, {
          ...(options.lookbackHours === undefined ? {} : { lookback_hours: options.lookbackHours }),
          ...(options.threshold === undefined ? {} : { threshold: options.threshold }),
        }),
      );
      if (options.json) return printJson(verdict);
      printText(formatVerdict(verdict));
    });

  addConnectionOptions(
    command.command("analyze").description("run an analysis now and act on its verdict").argument("<agent>"),
  ).action(async (agent: string, options: ConnectionOptions) => {
    const result = await withApi(options, (api) =>
      api.post<AnalysisResult>(path`/v1/agents/${agent}/canary/analyze`, {}),
    );
    if (options.json) return printJson(result);
    printText(formatVerdict(result.verdict));
    printMove({ ...result, reason: result.changed ? "The analysis moved it." : "Nothing changed." }, options);
  });

  addConnectionOptions(command.command("promote").description("promote by hand").argument("<agent>"))
    .option("--to <percent>", "a later stage (default: the next one)", parseWholeNumber("--to", 1, 100))
    .option("--reason <text>", "needed where a gate still waits")
    .action(async (agent: string, options: ConnectionOptions & { to?: number; reason?: string }) => {
      const moved = await withApi(options, (api) =>
        api.post<MoveResult>(path`/v1/agents/${agent}/canary/promote`, {
          ...(options.to === undefined ? {} : { target_percent: options.to }),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        }),
      );
      printMove(moved, options);
    });

  addConnectionOptions(command.command("rollback").description("take the canary back").argument("<agent>"))
    .option("--reason <text>")
    .action(async (agent: string, options: ConnectionOptions & { reason?: string }) => {
      const moved = await withApi(options, (api) =>
        api.post<MoveResult>(
          path`/v1/agents/${agent}/canary/rollback`,
          options.reason === undefined ? {} : { reason: options.reason },
        ),
      );
      printMove(moved, options);
    });

  for (const [name, description] of [
    ["pause", "hold the rollout at its share"],
    ["resume", "go on after a pause, a hold or a question"],
  ] as const) {
    addConnectionOptions(command.command(name).description(description).argument("<agent>"))
      .requiredOption("--reason <text>", "why; it stays in the journal")
      .action(async (agent: string, options: ConnectionOptions & { reason: string }) => {
        const target =
          name === "pause" ? path`/v1/agents/${agent}/canary/pause` : path`/v1/agents/${agent}/canary/resume`;
        printMove(
          await withApi(options, (api) => api.post<MoveResult>(target, { reason: options.reason })),
          options,
        );
      });
  }

  addConnectionOptions(
    command
      .command("kill-switch")
      .description("everything active, at once")
      .argument("<agent>")
      .argument("<on|off>"),
  )
    .requiredOption("--reason <text>", "why")
    .action(async (agent: string, position: string, options: ConnectionOptions & { reason: string }) => {
      if (position !== "on" && position !== "off")
        return command.error(`The kill switch is "on" or "off"; this is "${position}".`, { exitCode: 2 });
      const release = await withApi(options, (api) =>
        api.put<Release>(path`/v1/agents/${agent}/kill-switch`, {
          on: position === "on",
          reason: options.reason,
        }),
      );
      if (options.json) return printJson(release);
      printText(
        release.kill_switch
          ? `Kill switch on: every unit of ${agent} gets ${release.active_bundle_id ?? "the definition's defaults"}.`
          : `Kill switch off for ${agent}.`,
      );
    });
};

function printMove(moved: MoveResult, options: ConnectionOptions): void {
  if (options.json) {
    printJson(moved);
    return;
  }
  const { rollout } = moved;
  printText(
    `${rollout.bundle_id} of ${rollout.agent}: ${rollout.state.replace("_", " ")}, ${rollout.percent} % of traffic. ${moved.reason}`,
  );
}

function formatStatus({ agent, release, rollout, newest_analysis }: CanaryStatus): string {
  const active = release.active_bundle_id ?? "the definition's defaults";
  const killed = release.kill_switch
    ? [`Kill switch on, by ${release.kill_switch_by}: ${release.kill_switch_reason}`]
    : [];
  if (rollout === null)
    return [`${agent}: every unit gets ${active}. No rollout runs.`, ...killed].join("\n");
  const why = rollout.reason === null ? [] : [rollout.reason.text];
  return [
    `${agent}: ${rollout.bundle_id} has ${rollout.percent} % (${rollout.state}), ${release.holdback_bundle_id ?? active} the rest.`,
    ...killed,
    ...why,
    ...(newest_analysis === null
      ? ["The guard has not analyzed anything yet."]
      : [
          `Last analysis ${newest_analysis.at.slice(0, 16).replace("T", " ")} UTC:`,
          formatVerdict(newest_analysis.verdict),
        ]),
  ].join("\n");
}

/** A verdict as a person reads it. */
function formatVerdict(verdict: Verdict): string {
  const change = (delta: number | null): string =>
    delta === null ? "unknown" : `${delta >= 0 ? "+" : ""}${(100 * delta).toFixed(1)} %`;
  const bounds = (measure: "quality" | "latency"): string => {
    const interval = verdict.intervals[measure];
    return interval == null
      ? ""
      : ` (95 % at every analysis: ${change(interval.lower)} to ${change(interval.upper)})`;
  };
  return [
    `${verdict.recommendation}: ${verdict.reason}`,
    `quality ${change(verdict.quality_delta)}${bounds("quality")}, latency ${change(verdict.latency_delta)}${bounds("latency")}; units: ${verdict.units.canary} canary, ${verdict.units.active} active`,
    ...(verdict.gates.length === 0
      ? []
      : [
          formatTable(
            ["gate", "", ""],
            verdict.gates.map((gate) => [gate.name, gate.status, gate.text]),
          ),
        ]),
  ].join("\n");
}
