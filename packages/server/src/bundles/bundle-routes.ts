import {
  adjustBundleRequestSchema,
  type BundleVerification,
  bundleDiffQuerySchema,
  bundleDiffSchema,
  bundleListSchema,
  bundleSchema,
  bundlesQuerySchema,
  bundleVerificationSchema,
  type CreatedBundle,
  createBundleRequestSchema,
  createdBundleSchema,
  explainedDecisionSchema,
  explainRequestSchema,
} from "@relearn/contract";
import { progressAnswer, progressDescription } from "../http/progress-answer.ts";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { TrainingReport } from "../training/training-snapshot.ts";
import type { BundleService } from "./bundle-service.ts";

const agentParam = z.object({ agent: z.string() });
const bundleParam = z.object({ bundle_id: z.string() });

export function bundleRoutes(bundles: BundleService): Router {
  return newRouter()
    .openapi(
      createRoute(
        "propose",
        {
          method: "post",
          path: "/v1/agents/{agent}/bundles",
          summary: "Create a bundle by training on the agent's labeled examples",
          request: {
            params: agentParam,
            body: jsonBody(createBundleRequestSchema),
          },
          responses: {
            200: progressDescription("The pending bundle", createdBundleSchema),
          },
        },
        { once: "repeatable" },
      ),
      (context) => {
        const body = context.req.valid("json");
        const { agent } = context.req.valid("param");
        return progressAnswer<TrainingReport, CreatedBundle>(context, (onProgress, signal) =>
          bundles.create(agent, {
            ...(body.min_examples === undefined ? {} : { minExamples: body.min_examples }),
            ...(body.model_type === undefined ? {} : { modelType: body.model_type }),
            actor: context.get("principal").actor,
            onProgress,
            signal,
          }),
        );
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/bundles",
        summary: "List the bundles, newest first",
        request: {
          query: bundlesQuerySchema,
        },
        responses: { 200: jsonAnswer("The bundles", bundleListSchema) },
      }),
      async (context) => {
        const { limit, ...filter } = context.req.valid("query");
        const stored = await bundles.list(filter, limit);
        return context.json(
          { bundles: stored.map(({ bundle: document, ...rest }) => ({ ...document, ...rest })) },
          200,
        );
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/bundles/{bundle_id}",
        summary: "Get a bundle",
        request: { params: bundleParam },
        responses: { 200: jsonAnswer("The bundle", bundleSchema) },
      }),
      async (context) => {
        const { bundle: document, ...rest } = await bundles.get(context.req.valid("param").bundle_id);
        return context.json({ ...document, ...rest }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/bundles/{bundle_id}/diff",
        summary: "Compare a bundle with another one, by default with the active one",
        request: { params: bundleParam, query: bundleDiffQuerySchema },
        responses: { 200: jsonAnswer("The diff", bundleDiffSchema) },
      }),
      async (context) => {
        const { from } = context.req.valid("query");
        return context.json(await bundles.diff(context.req.valid("param").bundle_id, from), 200);
      },
    )
    .openapi(
      createRoute(
        "propose",
        {
          method: "post",
          path: "/v1/bundles/{bundle_id}/adjustment",
          summary: "Create a bundle from this one with other thresholds, in raw units",
          request: {
            params: bundleParam,
            body: jsonBody(adjustBundleRequestSchema),
          },
          responses: {
            200: jsonAnswer("The pending bundle", createdBundleSchema),
          },
        },
        { once: "repeatable" },
      ),
      async (context) => {
        const adjusted = await bundles.adjust(context.req.valid("param").bundle_id, {
          thresholds: context.req.valid("json").thresholds,
          actor: context.get("principal").actor,
        });
        return context.json(adjusted, 200);
      },
    )
    .openapi(
      createRoute(
        "read",
        {
          method: "post",
          path: "/v1/bundles/{bundle_id}/verification",
          summary: "Verify a bundle by training again on the same examples",
          request: { params: bundleParam },
          responses: {
            200: progressDescription("The comparison", bundleVerificationSchema),
          },
        },
        { once: "repeatable" },
      ),
      (context) => {
        const { bundle_id } = context.req.valid("param");
        return progressAnswer<TrainingReport, BundleVerification>(context, (onProgress, signal) =>
          bundles.verify(bundle_id, { onProgress, signal }),
        );
      },
    )
    .openapi(
      createRoute(
        "read",
        {
          method: "post",
          path: "/v1/agents/{agent}/explanation",
          summary: "Explain the decision on a payload; nothing is stored",
          request: {
            params: agentParam,
            body: jsonBody(explainRequestSchema),
          },
          responses: {
            200: jsonAnswer("The decision", explainedDecisionSchema),
          },
        },
        { once: "repeatable" },
      ),
      async (context) => {
        const { payload, bundle_id } = context.req.valid("json");
        const options = bundle_id === undefined ? {} : { bundleId: bundle_id };
        return context.json(await bundles.explain(context.req.valid("param").agent, payload, options), 200);
      },
    );
}
