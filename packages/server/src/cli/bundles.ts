import type {
  AppliedApproval,
  Approval,
  BundleDiff,
  BundleVerification,
  BundleWithStatus,
  CreatedBundle,
  RestoredBundle,
} from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import type { TrainingReport } from "../training/training-snapshot.ts";
import { path } from "./api.ts";
import { formatBacktest, formatPlan } from "./approval-text.ts";
import { formatBundle, formatDiff } from "./bundle-text.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { followTraining } from "./follow-training.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.command("list").description("List bundles, newest first"))
    .option("--agent <agent>", "only bundles of this agent")
    .action(async (options: ConnectionOptions & { agent?: string }) => {
      const { bundles } = await withApi(options, (api) =>
        api.get<{ bundles: BundleWithStatus[] }>("/v1/bundles", { agent: options.agent }),
      );
      if (options.json) return printJson(bundles);
      if (bundles.length === 0)
        return printText(
          "There are no bundles. With at least 50 labeled examples, train one: relearn train AGENT",
        );
      printText(
        formatTable(
          ["bundle", "agent", "status", "examples", "accuracy", "baseline", "warnings", "created (UTC)"],
          bundles.map((bundle) => [
            bundle.bundle_id,
            bundle.agent,
            bundle.status,
            String(bundle.training_count),
            bundle.accuracy.toFixed(3),
            bundle.evaluation.baseline_accuracy.toFixed(3),
            bundle.warnings.map((warning) => warning.code).join(", "),
            bundle.created_at.slice(0, 16).replace("T", " "),
          ]),
          ["left", "left", "left", "right", "right", "right"],
        ),
      );
    });

  addConnectionOptions(
    command
      .command("show")
      .description("Show a bundle: training data, accuracy, thresholds, warnings")
      .argument("<bundle>"),
  ).action(async (bundleId: string, options: ConnectionOptions) => {
    const bundle = await withApi(options, (api) => api.get<BundleWithStatus>(path`/v1/bundles/${bundleId}`));
    if (options.json) return printJson(bundle);
    printText(formatBundle(bundle));
  });

  addConnectionOptions(
    command
      .command("diff")
      .description("Compare a bundle with the active one or another one")
      .argument("<bundle>"),
  )
    .option("--from <bundle>", "bundle to compare with (default: the active one)")
    .action(async (bundleId: string, options: ConnectionOptions & { from?: string }) => {
      const diff = await withApi(options, (api) =>
        api.get<BundleDiff>(path`/v1/bundles/${bundleId}/diff`, { from: options.from }),
      );
      if (options.json) return printJson(diff);
      printText(formatDiff(diff));
    });

  addConnectionOptions(
    command.command("propose").description("Request the release of a bundle").argument("<bundle>"),
  ).action(async (bundleId: string, options: ConnectionOptions) => {
    const approval = await withApi(options, async (api) => {
      const { approval_id } = await api.post<{ approval_id: string }>(path`/v1/bundles/${bundleId}/proposal`);
      return api.get<Approval>(path`/v1/approvals/${approval_id}`);
    });
    const { id, plan, backtest } = approval;
    if (options.json) {
      return printJson({ approval_id: id, plan, backtest: backtest && { ...backtest, examples: [] } });
    }
    printText(
      [
        `Proposed as ${id}.`,
        ...formatPlan(plan),
        ...formatBacktest(backtest).slice(0, 1),
        `Next, by another person: relearn approvals approve ${id} --as PERSON --rationale "…"`,
        `To see what it would change: relearn approvals show ${id}`,
      ].join("\n"),
    );
  });

  addConnectionOptions(
    command
      .command("adjust")
      .description("Create a bundle from another one with thresholds set by hand")
      .argument("<bundle>", "bundle to start from")
      .argument("<name=value...>", "threshold in raw units, such as risk_score_threshold=70"),
  ).action(async (bundleId: string, settings: string[], options: ConnectionOptions) => {
    const thresholds = Object.fromEntries(settings.map(parseSetting));
    const bundle = await withApi(options, (api) =>
      api.post<CreatedBundle>(path`/v1/bundles/${bundleId}/adjustment`, { thresholds }),
    );
    if (options.json) return printJson(bundle);
    printText(`${formatBundle(bundle)}\n\nNext: relearn bundles propose ${bundle.bundle_id}`);
  });

  addConnectionOptions(
    command.command("apply").description("Start the release of an approved bundle").argument("<approval>"),
  )
    .option(
      "--canary <percent>",
      "share of traffic of the first stage (default: the policy's, 10)",
      parseWholeNumber(1, 99),
    )
    .option("--full", "release to all traffic at once, without a canary; needs the right to override")
    .action(async (approvalId: string, options: ConnectionOptions & { canary?: number; full?: boolean }) => {
      const applied = await withApi(options, (api) =>
        api.post<AppliedApproval>(path`/v1/approvals/${approvalId}/application`, {
          ...(options.canary === undefined ? {} : { canary_percent: options.canary }),
          ...(options.full === undefined ? {} : { full: options.full }),
        }),
      );
      if (options.json) return printJson(applied);
      const { rollout, reason } = applied;
      printText(
        `${rollout.bundle_id} has ${rollout.percent} % of ${rollout.agent} (${rollout.state}). ${reason}`,
      );
      if (rollout.state === "canary") printText(`Next: relearn canary status ${rollout.agent}`);
    });

  addConnectionOptions(
    command
      .command("rollback")
      .description("End the running rollout, or restore the previous bundle")
      .argument("<agent>"),
  )
    .option("--reason <text>", "reason, stored in the journal")
    .action(async (agent: string, options: ConnectionOptions & { reason?: string }) => {
      const restored = await withApi(options, (api) =>
        api.post<RestoredBundle>(
          path`/v1/agents/${agent}/bundles/rollback`,
          options.reason === undefined ? {} : { reason: options.reason },
        ),
      );
      if (options.json) return printJson(restored);
      printText(
        `${agent} uses ${restored.active_bundle_id ?? "its definition's defaults"} again, instead of ${restored.replaced_bundle_id ?? "nothing"}.`,
      );
    });

  addConnectionOptions(
    command
      .command("verify")
      .description("Train again on the same examples and compare the digests")
      .argument("<bundle>"),
  ).action(async (bundleId: string, options: ConnectionOptions) => {
    const verification = await withApi(options, (api) =>
      followTraining((report) =>
        api.postLong<BundleVerification, TrainingReport>(
          path`/v1/bundles/${bundleId}/verification`,
          {},
          report,
        ),
      ),
    );
    if (!verification.reproduced) process.exitCode = EXIT_CHECK_FAILED;
    if (options.json) return printJson(verification);
    printText(verification.message);
  });
};

function parseSetting(text: string): [string, number] {
  const [name = "", value = ""] = text.split("=");
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (name === "" || !Number.isFinite(number)) {
    throw new RelearnError(
      "invalid_input",
      `"${text}" is not a threshold. Accepted: name=value, such as risk_score_threshold=70.`,
    );
  }
  return [name, number];
}
