import type { Approval } from "@relearn/contract";
import { path } from "./api.ts";
import { formatBacktest, formatPlan } from "./approval-text.ts";
import { formatDiff } from "./bundle-text.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

/** Number of leading digits of a digest that identify a bundle. */
const DIGITS = 12;

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.command("list").description("List the requests to release a bundle, newest first"),
  )
    .option("--agent <agent>", "only requests of this agent")
    .option(
      "--status <status>",
      "only requests with this status: pending, approved, applied, rejected, expired or superseded",
    )
    .action(async (options: ConnectionOptions & { agent?: string; status?: string }) => {
      const { approvals } = await withApi(options, (api) =>
        api.get<{ approvals: Approval[] }>("/v1/approvals", { agent: options.agent, status: options.status }),
      );
      if (options.json) return printJson(approvals);
      if (approvals.length === 0)
        return printText("There are no requests. Propose a bundle: relearn bundles propose BUNDLE");
      printText(
        formatTable(
          ["approval", "agent", "bundle", "status", "proposed by", "decided by", "expires (UTC)"],
          approvals.map((approval) => [
            approval.id,
            approval.agent,
            approval.bundle_id,
            approval.status,
            approval.proposer,
            approval.approver ?? "",
            approval.status === "pending" || approval.status === "approved"
              ? approval.expires_at.slice(0, 16).replace("T", " ")
              : "",
          ]),
        ),
      );
    });

  addConnectionOptions(
    command
      .command("show")
      .description("Show a request: the diff, the plan and the backtest")
      .argument("<approval>"),
  ).action(async (approvalId: string, options: ConnectionOptions) => {
    const approval = await withApi(options, (api) => api.get<Approval>(path`/v1/approvals/${approvalId}`));
    if (options.json) return printJson(approval);
    const { plan, backtest } = approval;
    printText(
      [
        `${approval.id}  ${approval.agent}  ${approval.status}, proposed by ${approval.proposer}${approval.edited_by.length === 0 ? "" : `, edited by ${approval.edited_by.join(", ")}`}`,
        `${approval.bundle_id}  digest ${approval.bundle_digest.slice(0, DIGITS)}`,
        ...formatPlan(plan),
        "",
        formatDiff(approval.diff),
        "",
        ...formatBacktest(backtest),
      ].join("\n"),
    );
  });

  addConnectionOptions(
    command
      .command("approve")
      .description("Approve a request, without starting the release")
      .argument("<approval>"),
  )
    .requiredOption("--rationale <text>", "reason, stored with the release")
    .option(
      "--break-glass",
      "approve without a second person; needs the right to override and is reviewed later",
    )
    .option(
      "--digest <digits>",
      "digest of the bundle that you read, as `approvals show` prints it; required after an edit",
    )
    .action(
      async (
        approvalId: string,
        options: ConnectionOptions & { rationale: string; breakGlass?: boolean; digest?: string },
      ) => {
        const approval = await withApi(options, (api) =>
          api.post<Approval>(path`/v1/approvals/${approvalId}/approval`, {
            rationale: options.rationale,
            ...(options.breakGlass === undefined ? {} : { break_glass: options.breakGlass }),
            ...(options.digest === undefined ? {} : { bundle_digest: options.digest }),
          }),
        );
        if (options.json) return printJson(approval);
        printText(
          approval.status === "approved"
            ? `Approved by ${approval.approver}. Next: relearn bundles apply ${approval.id}`
            : `Approval by ${approval.approver} recorded; the request needs more approvals.`,
        );
      },
    );

  addConnectionOptions(
    command
      .command("edit")
      .description("Replace the bundle of an open request; earlier approvals become void")
      .argument("<approval>"),
  )
    .requiredOption("--bundle <bundle>", "replacement, a bundle of the same agent")
    .action(async (approvalId: string, options: ConnectionOptions & { bundle: string }) => {
      const approval = await withApi(options, (api) =>
        api.put<Approval>(path`/v1/approvals/${approvalId}/bundle`, { bundle_id: options.bundle }),
      );
      if (options.json) return printJson(approval);
      printText(
        [
          `${approval.id} now requests the release of ${approval.bundle_id}; earlier approvals are void.`,
          ...formatPlan(approval.plan),
          `Next, by a person who neither proposed nor edited it: relearn approvals show ${approval.id}, then relearn approvals approve ${approval.id} with --digest.`,
        ].join("\n"),
      );
    });

  addConnectionOptions(command.command("reject").description("Reject a request").argument("<approval>"))
    .requiredOption("--rationale <text>", "reason")
    .action(async (approvalId: string, options: ConnectionOptions & { rationale: string }) => {
      const approval = await withApi(options, (api) =>
        api.post<Approval>(path`/v1/approvals/${approvalId}/rejection`, { rationale: options.rationale }),
      );
      if (options.json) return printJson(approval);
      printText(`${approval.id} is rejected.`);
    });
};
