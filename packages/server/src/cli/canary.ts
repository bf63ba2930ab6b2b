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
      .description("Show what the traffic of an agent gets, and the running rollout")
      .argument("<agent>"),
  ).action(async (agent: string, options: ConnectionOptions) => {
    const status = await withApi(options, (api) => api.get<CanaryStatus>(path`/v1/agents/${agent}/canary`));
    if (options.json) return printJson(status);
    printText(formatStatus(status));
  });

  addConnectionOptions(
    command
      .command("watch")
      .description("Show the evidence as it accumulates, until q, Ctrl-C or the end of the rollout")
      .argument("<agent>"),
  )
    .option("--every <seconds>", "seconds between refreshes", parseNumber(0.1, 3600), 10)
    .option("--count <times>", "number of refreshes after which to end", parseWholeNumber(1, 1e6))
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
    command
      .command("check")
      .description("Show the verdict that the guard would give now; change nothing")
      .argument("<agent>"),
  )
    .option(
      "--lookback-hours <hours>",
      "window of the point estimates (policy specification)",
      parseNumber(0.01, 8760),
    )
    .option(
      "--threshold <share>",
      "quality drop that rolls back, such as 0.05 (policy specification)",
      parseNumber(0.000001, 1),
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
    command.command("analyze").description("Run an analysis now and act on its verdict").argument("<agent>"),
  ).action(async (agent: string, options: ConnectionOptions) => {
    const result = await withApi(options, (api) =>
      api.post<AnalysisResult>(path`/v1/agents/${agent}/canary/analyze`, {}),
    );
    if (options.json) return printJson(result);
    printText(formatVerdict(result.verdict));
    printMove(
      { ...result, reason: result.changed ? "The analysis changed the rollout." : "Nothing changed." },
      options,
    );
  });

  addConnectionOptions(
    command.command("promote").description("Promote the canary to its next stage").argument("<agent>"),
  )
    .option("--to <percent>", "share of a later stage (default: the next stage)", parseWholeNumber(1, 100))
    .option("--reason <text>", "reason; required if a gate is not met")
    .action(async (agent: string, options: ConnectionOptions & { to?: number; reason?: string }) => {
      const moved = await withApi(options, (api) =>
        api.post<MoveResult>(path`/v1/agents/${agent}/canary/promote`, {
          ...(options.to === undefined ? {} : { target_percent: options.to }),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        }),
      );
      printMove(moved, options);
    });

  addConnectionOptions(command.command("rollback").description("Roll back the canary").argument("<agent>"))
    .option("--reason <text>", "reason, stored in the journal")
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
    ["pause", "Hold the rollout at its share"],
    ["resume", "Continue after a pause, a hold or a question"],
  ] as const) {
    addConnectionOptions(command.command(name).description(description).argument("<agent>"))
      .requiredOption("--reason <text>", "reason, stored in the journal")
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
      .description("Give all traffic the active bundle at once, or end that")
      .argument("<agent>")
      .argument("<on|off>"),
  )
    .requiredOption("--reason <text>", "reason, stored in the audit log")
    .action(async (agent: string, position: string, options: ConnectionOptions & { reason: string }) => {
      if (position !== "on" && position !== "off")
        return command.error(`The kill switch is "${position}". Accepted: on, off.`, { exitCode: 2 });
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
    return [`${agent}: every unit gets ${active}. No rollout is running.`, ...killed].join("\n");
  const why = rollout.reason === null ? [] : [rollout.reason.text];
  return [
    `${agent}: ${rollout.bundle_id} has ${rollout.percent} % (${rollout.state}), ${release.holdback_bundle_id ?? active} the rest.`,
    ...killed,
    ...why,
    ...(newest_analysis === null
      ? ["The guard has not run an analysis yet."]
      : [
          `Last analysis ${newest_analysis.at.slice(0, 16).replace("T", " ")} UTC:`,
          formatVerdict(newest_analysis.verdict),
        ]),
  ].join("\n");
}

/** Formats a verdict as text. */
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
