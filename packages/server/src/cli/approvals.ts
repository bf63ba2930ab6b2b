import type { Approval } from "../approvals/approval.ts";
import { path } from "./api.ts";
import { formatBacktest, formatPlan } from "./approval-text.ts";
import { formatDiff } from "./bundle-text.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.command("list").description("requests to release a bundle, newest first"))
    .option("--agent <agent>")
    .option("--status <status>", "pending, approved, applied, rejected, expired or superseded")
    .action(async (options: ConnectionOptions & { agent?: string; status?: string }) => {
      const { approvals } = await withApi(options, (api) =>
        api.get<{ approvals: Approval[] }>("/v1/approvals", { agent: options.agent, status: options.status }),
      );
      if (options.json) return printJson(approvals);
      if (approvals.length === 0)
        return printText("No request. Propose a bundle: relearn bundles propose BUNDLE");
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
    command.command("show").description("one request, with what would change").argument("<approval>"),
  ).action(async (approvalId: string, options: ConnectionOptions) => {
    const approval = await withApi(options, (api) => api.get<Approval>(path`/v1/approvals/${approvalId}`));
    if (options.json) return printJson(approval);
    const { plan, backtest } = approval;
    printText(
      [
        `${approval.id}  ${approval.agent}  ${approval.status}, proposed by ${approval.proposer}`,
        ...formatPlan(plan),
        "",
        formatDiff(approval.diff),
        "",
        ...formatBacktest(backtest),
      ].join("\n"),
    );
  });

  addConnectionOptions(
    command.command("approve").description("approve; apply is a step of its own").argument("<approval>"),
  )
    .requiredOption("--rationale <text>", "why; it stays with the release")
    .option("--break-glass", "approve alone, against four eyes: needs the right, is reviewed afterwards")
    .action(
      async (
        approvalId: string,
        options: ConnectionOptions & { rationale: string; breakGlass?: boolean },
      ) => {
        const approval = await withApi(options, (api) =>
          api.post<Approval>(path`/v1/approvals/${approvalId}/approval`, {
            rationale: options.rationale,
            ...(options.breakGlass === undefined ? {} : { break_glass: options.breakGlass }),
          }),
        );
        if (options.json) return printJson(approval);
        printText(
          approval.status === "approved"
            ? `Approved by ${approval.approver}. Next: relearn bundles apply ${approval.id}`
            : `Approval of ${approval.approver} noted; the request waits for more.`,
        );
      },
    );

  addConnectionOptions(command.command("reject").description("reject").argument("<approval>"))
    .requiredOption("--rationale <text>", "why")
    .action(async (approvalId: string, options: ConnectionOptions & { rationale: string }) => {
      const approval = await withApi(options, (api) =>
        api.post<Approval>(path`/v1/approvals/${approvalId}/rejection`, { rationale: options.rationale }),
      );
      if (options.json) return printJson(approval);
      printText(`${approval.id} is rejected.`);
    });
};
