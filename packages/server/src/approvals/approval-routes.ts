import type { BundleService } from "../bundles/bundle-service.ts";
import {
  createRoute,
  documentSchema,
  jsonAnswer,
  jsonBody,
  newRouter,
  pageLimit,
  type Router,
  z,
} from "../http/router.ts";
import type { Rollout } from "../rollouts/rollout.ts";
import { rolloutActor, rolloutRights } from "../rollouts/rollout-rights.ts";
import type { Approval } from "./approval.ts";

const statuses = ["pending", "approved", "applied", "rejected", "expired", "superseded"] as const;
const approvalParam = z.object({ approval_id: z.string() });
const approval = documentSchema<Approval>("Approval");
const rationale = z.string().max(10_000);
/** Of the bundle that was read, or its first digits. */
const digestRead = z
  .string()
  .regex(/^[0-9a-f]{12,64}$/, "12 to 64 digits of the bundle's digest, as the request shows it");

/** What applying an approval did. */
export interface AppliedApproval {
  readonly rollout: Rollout;
  readonly reason: string;
}

export function approvalRoutes(bundles: BundleService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/approvals",
        summary: "Requests to release a bundle, newest first",
        request: {
          query: z.strictObject({
            agent: z.string().optional(),
            status: z.enum(statuses).optional(),
            limit: pageLimit,
          }),
        },
        responses: { 200: jsonAnswer("The requests", z.object({ approvals: z.array(approval) })) },
      }),
      async (context) => {
        const { limit, ...filter } = context.req.valid("query");
        return context.json({ approvals: await bundles.approvals(filter, limit) }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/approvals/{approval_id}",
        summary: "One request",
        request: { params: approvalParam },
        responses: { 200: jsonAnswer("The request", approval) },
      }),
      async (context) => context.json(await bundles.approval(context.req.valid("param").approval_id), 200),
    )
    .openapi(
      createRoute("approve", {
        method: "post",
        path: "/v1/approvals/{approval_id}/approval",
        summary: "Approve; nothing is applied by that",
        request: {
          params: approvalParam,
          body: jsonBody(
            z.strictObject({
              rationale,
              break_glass: z.boolean().optional(),
              bundle_digest: digestRead.optional(),
            }),
          ),
        },
        responses: { 200: jsonAnswer("The request", approval) },
      }),
      async (context) => {
        const principal = context.get("principal");
        const body = context.req.valid("json");
        const approved = await bundles.approve(context.req.valid("param").approval_id, {
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
        summary: "Put another bundle of the agent into an open request; approvals given before count no more",
        request: {
          params: approvalParam,
          body: jsonBody(z.strictObject({ bundle_id: z.string().min(1) })),
        },
        responses: { 200: jsonAnswer("The request", approval) },
      }),
      async (context) => {
        const principal = context.get("principal");
        const edited = await bundles.edit(context.req.valid("param").approval_id, {
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
        summary: "Reject",
        request: {
          params: approvalParam,
          body: jsonBody(z.strictObject({ rationale })),
        },
        responses: { 200: jsonAnswer("The request", approval) },
      }),
      async (context) => {
        const principal = context.get("principal");
        const rejected = await bundles.reject(context.req.valid("param").approval_id, {
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
        summary: "Start the release of an approved bundle",
        request: {
          params: approvalParam,
          body: jsonBody(
            z.strictObject({
              canary_percent: z.int().min(1).max(99).optional(),
              full: z.boolean().optional(),
            }),
          ),
        },
        responses: { 200: jsonAnswer("The rollout", documentSchema<AppliedApproval>("AppliedApproval")) },
      }),
      async (context) => {
        const body = context.req.valid("json");
        const { rollout, reason } = await bundles.apply(context.req.valid("param").approval_id, {
          ...rolloutActor(context.get("principal")),
          ...(body.canary_percent === undefined ? {} : { canaryPercent: body.canary_percent }),
          ...(body.full === undefined ? {} : { full: body.full }),
        });
        return context.json({ rollout, reason }, 200);
      },
    );
}
