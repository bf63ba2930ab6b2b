import {
  appliedApprovalSchema,
  applyApprovalRequestSchema,
  approvalListSchema,
  approvalSchema,
  approvalsQuerySchema,
  approveRequestSchema,
  proposedBundleSchema,
  rejectRequestSchema,
  replaceBundleRequestSchema,
} from "@relearn/contract";
import type { BundleService } from "../bundles/bundle-service.ts";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import { rolloutActor, rolloutRights } from "../rollouts/rollout-rights.ts";
import type { ApprovalService } from "./approval-service.ts";

const approvalParam = z.object({ approval_id: z.string() });
export function approvalRoutes(approvals: ApprovalService, bundles: BundleService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/approvals",
        summary: "List the approvals, newest first",
        request: {
          query: approvalsQuerySchema,
        },
        responses: { 200: jsonAnswer("The approvals", approvalListSchema) },
      }),
      async (context) => {
        const { limit, ...filter } = context.req.valid("query");
        return context.json({ approvals: await approvals.list(filter, limit) }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/approvals/{approval_id}",
        summary: "Get an approval",
        request: { params: approvalParam },
        responses: { 200: jsonAnswer("The approval", approvalSchema) },
      }),
      async (context) => context.json(await approvals.get(context.req.valid("param").approval_id), 200),
    )
    .openapi(
      createRoute("approve", {
        method: "post",
        path: "/v1/approvals/{approval_id}/approval",
        summary: "Approve the release of a bundle, without applying it",
        request: {
          params: approvalParam,
          body: jsonBody(approveRequestSchema),
        },
        responses: { 200: jsonAnswer("The approval", approvalSchema) },
      }),
      async (context) => {
        const principal = context.get("principal");
        const body = context.req.valid("json");
        const approved = await approvals.approve(context.req.valid("param").approval_id, {
          approver: principal.actor,
          rights: rolloutRights(principal.rights),
          rationale: body.rationale,
          ...(body.break_glass === undefined ? {} : { breakGlass: body.break_glass }),
          ...(body.bundle_digest === undefined ? {} : { bundleDigest: body.bundle_digest }),
        });
        return context.json(approved, 200);
      },
    )
    .openapi(
      createRoute("propose", {
        method: "put",
        path: "/v1/approvals/{approval_id}/bundle",
        summary:
          "Replace the bundle of a pending approval by another bundle of the agent; earlier approvals no longer count",
        request: {
          params: approvalParam,
          body: jsonBody(replaceBundleRequestSchema),
        },
        responses: { 200: jsonAnswer("The approval", approvalSchema) },
      }),
      async (context) => {
        const principal = context.get("principal");
        const edited = await approvals.edit(context.req.valid("param").approval_id, {
          editor: principal.actor,
          rights: rolloutRights(principal.rights),
          bundleId: context.req.valid("json").bundle_id,
        });
        return context.json(edited, 200);
      },
    )
    .openapi(
      createRoute("approve", {
        method: "post",
        path: "/v1/approvals/{approval_id}/rejection",
        summary: "Reject the release of a bundle",
        request: {
          params: approvalParam,
          body: jsonBody(rejectRequestSchema),
        },
        responses: { 200: jsonAnswer("The approval", approvalSchema) },
      }),
      async (context) => {
        const principal = context.get("principal");
        const rejected = await approvals.reject(context.req.valid("param").approval_id, {
          approver: principal.actor,
          rights: rolloutRights(principal.rights),
          rationale: context.req.valid("json").rationale,
        });
        return context.json(rejected, 200);
      },
    )
    .openapi(
      createRoute("release", {
        method: "post",
        path: "/v1/approvals/{approval_id}/application",
        summary: "Start the rollout of an approved bundle",
        request: {
          params: approvalParam,
          body: jsonBody(applyApprovalRequestSchema),
        },
        responses: { 200: jsonAnswer("The rollout", appliedApprovalSchema) },
      }),
      async (context) => {
        const body = context.req.valid("json");
        const { rollout, reason } = await approvals.apply(context.req.valid("param").approval_id, {
          ...rolloutActor(context.get("principal")),
          ...(body.canary_percent === undefined ? {} : { canaryPercent: body.canary_percent }),
          ...(body.full === undefined ? {} : { full: body.full }),
        });
        return context.json({ rollout, reason }, 200);
      },
    )
    .openapi(
      createRoute("propose", {
        method: "post",
        path: "/v1/bundles/{bundle_id}/proposal",
        summary: "Propose the release of a bundle",
        request: { params: z.object({ bundle_id: z.string() }) },
        responses: { 200: jsonAnswer("The id of the approval", proposedBundleSchema) },
      }),
      async (context) => {
        const { bundle_id } = context.req.valid("param");
        const { bundle: document } = await bundles.get(bundle_id);
        const approval_id = await approvals.propose(document.agent, bundle_id, {
          proposer: context.get("principal").actor,
        });
        return context.json({ approval_id }, 200);
      },
    );
}
