import type {
  MoveResult,
  Receipt,
  RolloutOverride,
  RolloutWithApproval,
  StoredReplay,
} from "@relearn/contract";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

const time = (text: string): string => text.slice(0, 16).replace("T", " ");

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.command("list").description("List rollouts, newest first"))
    .option("--agent <agent>", "only those of this agent")
    .action(async (options: ConnectionOptions & { agent?: string }) => {
      const { rollouts } = await withApi(options, (api) =>
        api.get<{ rollouts: RolloutWithApproval[] }>("/v1/rollouts", { agent: options.agent }),
      );
      if (options.json) return printJson(rollouts);
      if (rollouts.length === 0)
        return printText("There are no rollouts. Propose a bundle: relearn bundles propose BUNDLE");
      printText(
        formatTable(
          ["rollout", "agent", "bundle", "state", "percent", "result", "proposed (UTC)", "ended (UTC)"],
          rollouts.map(({ rollout }) => [
            rollout.rollout_id,
            rollout.agent,
            rollout.bundle_id,
            rollout.state.replace("_", " "),
            String(rollout.percent),
            rollout.result ?? "",
            time(rollout.proposed_at),
            rollout.ended_at === null ? "" : time(rollout.ended_at),
          ]),
          ["left", "left", "left", "left", "right"],
        ),
      );
    });

  addConnectionOptions(
    command
      .command("abort")
      .description("End a rollout in any state: withdraw the request or roll back")
      .argument("<rollout>"),
  )
    .option("--reason <text>", "reason, stored in the journal")
    .action(async (rolloutId: string, options: ConnectionOptions & { reason?: string }) => {
      const moved = await withApi(options, (api) =>
        api.post<MoveResult>(
          path`/v1/rollouts/${rolloutId}/abort`,
          options.reason === undefined ? {} : { reason: options.reason },
        ),
      );
      if (options.json) return printJson(moved);
      const { agent, bundle_id, state } = moved.rollout;
      printText(
        state === "rejected"
          ? `The request to release ${bundle_id} of ${agent} is withdrawn; it had no traffic.`
          : `${bundle_id} of ${agent} is rolled back: every unit gets the previous bundle. To propose it again: relearn bundles propose ${bundle_id}`,
      );
    });

  addConnectionOptions(
    command
      .command("receipts")
      .description("List the receipts of a rollout: each decision and its evidence")
      .argument("<rollout>"),
  ).action(async (rolloutId: string, options: ConnectionOptions) => {
    const { receipts } = await withApi(options, (api) =>
      api.get<{ receipts: Receipt[] }>(path`/v1/rollouts/${rolloutId}/receipts`),
    );
    if (options.json) return printJson(receipts);
    if (receipts.length === 0)
      return printText("There are no receipts: no decision has been made on traffic yet.");
    printText(
      formatTable(
        ["#", "time (UTC)", "action", "by", "to", "percent", "hash", "reason"],
        receipts.map((receipt) => [
          String(receipt.sequence),
          time(receipt.at),
          receipt.action,
          receipt.actor,
          receipt.to.replace("_", " "),
          String(receipt.percent),
          receipt.hash.slice(0, 12),
          receipt.reason,
        ]),
        ["right", "left", "left", "left", "left", "right"],
      ),
    );
  });

  addConnectionOptions(
    command
      .command("replay")
      .description("Recompute every decision from the journal and compare")
      .argument("<rollout>"),
  ).action(async (rolloutId: string, options: ConnectionOptions) => {
    const replay = await withApi(options, (api) =>
      api.post<StoredReplay>(path`/v1/rollouts/${rolloutId}/replay`),
    );
    if (!replay.identical) process.exitCode = EXIT_CHECK_FAILED;
    if (options.json) return printJson(replay);
    const analyzed = `${replay.analyses} analyses of ${replay.units} units, ${replay.transitions} transitions, ${replay.receipts} receipts`;
    if (replay.note !== null) {
      printText(
        `${replay.note}. This version of Relearn does not have them; journal, receipts and audit log were checked.`,
      );
    }
    if (replay.identical && !replay.verdicts_replayed) return;
    printText(
      replay.identical
        ? `Identical: ${analyzed}, recomputed to the last digit.`
        : `Different from the record in ${replay.differences.length} places (${analyzed}):\n${replay.differences.map((one) => `  ${one.in} ${one.place}: ${one.reason}`).join("\n")}`,
    );
  });

  addConnectionOptions(
    command
      .command("overrides")
      .description("List decisions against a gate or without four eyes, and their reviews"),
  )
    .option("--agent <agent>", "only those of this agent")
    .option("--open", "only overrides without a review")
    .action(async (options: ConnectionOptions & { agent?: string; open?: boolean }) => {
      const { overrides } = await withApi(options, (api) =>
        api.get<{ overrides: RolloutOverride[] }>("/v1/rollouts/overrides", {
          agent: options.agent,
          open: options.open,
        }),
      );
      if (options.json) return printJson(overrides);
      if (overrides.length === 0) return printText("There are no overrides.");
      printText(
        formatTable(
          ["rollout", "generation", "kind", "by", "time (UTC)", "reason", "review"],
          overrides.map((act) => [
            act.rollout_id,
            String(act.generation),
            act.about.replace("_", " "),
            act.actor,
            time(act.at),
            act.reason,
            act.finding === null ? "none yet" : `${act.finding} by ${act.reviewed_by}`,
          ]),
          ["left", "right"],
        ),
      );
    });

  addConnectionOptions(
    command
      .command("review")
      .description("Record your review of an override")
      .argument("<rollout>", "id of the rollout")
      .argument("<generation>", "generation, as `rollouts overrides` prints it", parseWholeNumber(1, 1e9)),
  )
    .requiredOption("--finding <finding>", "result of the review: upheld or objected")
    .requiredOption("--notes <text>", "reason, stored with the override")
    .action(
      async (
        rolloutId: string,
        generation: number,
        options: ConnectionOptions & { finding: string; notes: string },
      ) => {
        const act = await withApi(options, (api) =>
          api.post<RolloutOverride>(path`/v1/rollouts/${rolloutId}/overrides/${String(generation)}/review`, {
            finding: options.finding,
            notes: options.notes,
          }),
        );
        if (options.json) return printJson(act);
        printText(`Recorded: ${act.finding} by ${act.reviewed_by}.`);
      },
    );
};
