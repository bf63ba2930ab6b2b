import {
  adjudicateRequestSchema,
  claimedItemsSchema,
  claimItemRequestSchema,
  claimItemsRequestSchema,
  correctLabelRequestSchema,
  disputedItemPageSchema,
  disputedItemsQuerySchema,
  labelItemRequestSchema,
  queuedReviewSchema,
  releasedItemSchema,
  releaseItemRequestSchema,
  renewedLeaseSchema,
  renewLeaseRequestSchema,
  requestReviewRequestSchema,
  reviewAgreementSchema,
  reviewAnswerSchema,
  reviewItemPageSchema,
  reviewItemQuerySchema,
  reviewItemSchema,
  reviewItemsQuerySchema,
  reviewQueueListSchema,
  skipItemRequestSchema,
  undoAnswerRequestSchema,
  undoneAnswerSchema,
} from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { ReviewItemService } from "./review-item-service.ts";
import type { ReviewLeaseService } from "./review-lease-service.ts";
import type { ReviewService } from "./review-service.ts";

const itemParam = z.object({ item: z.coerce.number().int().positive() });

export interface ReviewServices {
  readonly items: ReviewItemService;
  readonly leases: ReviewLeaseService;
  readonly answers: ReviewService;
}

export function reviewRoutes({ items, leases, answers }: ReviewServices): Router {
  return newRouter()
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/claim",
        summary: "Lease the next items of an agent to the caller",
        request: {
          body: jsonBody(claimItemsRequestSchema),
        },
        responses: {
          200: jsonAnswer("The items; empty if nothing waits for the caller", claimedItemsSchema),
        },
      }),
      async (context) => {
        const { agent, lease_seconds, ...options } = context.req.valid("json");
        const { actor } = context.get("principal");
        const claimed = await leases.claim(agent, { actor, leaseSeconds: lease_seconds, ...options });
        return context.json({ items: claimed }, 200);
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/requests",
        summary: "Request a review of one task; it gets the highest priority",
        request: {
          body: jsonBody(requestReviewRequestSchema),
        },
        responses: {
          200: jsonAnswer(
            "Whether the task was queued; false if it is or was in the queue",
            queuedReviewSchema,
          ),
        },
      }),
      async (context) => {
        const { agent, task_key } = context.req.valid("json");
        const { actor } = context.get("principal");
        return context.json(await leases.request(agent, task_key, { actor }), 200);
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/undo",
        summary: "Undo the caller's last answer",
        request: { body: jsonBody(undoAnswerRequestSchema) },
        responses: {
          200: jsonAnswer("The undone answer and the item", undoneAnswerSchema),
        },
      }),
      async (context) => {
        const { agent, lease_seconds } = context.req.valid("json");
        const { actor } = context.get("principal");
        return context.json(await answers.undo({ actor, agent, leaseSeconds: lease_seconds }), 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/review/queue",
        summary: "Count the review items of each agent by state",
        responses: {
          200: jsonAnswer("The counts", reviewQueueListSchema),
        },
      }),
      async (context) => context.json({ queues: await items.queues() }, 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/review/items",
        summary:
          "List review items, newest first; without the judges' verdicts until the caller has answered",
        request: {
          query: reviewItemsQuerySchema,
        },
        responses: {
          200: jsonAnswer("A page of items, and `before` of the next page or null", reviewItemPageSchema),
        },
      }),
      async (context) => {
        const { before, limit, ...filter } = context.req.valid("query");
        const { actor } = context.get("principal");
        const found = await items.list(filter, { before, limit }, { actor });
        return context.json({ items: found, next_before: nextBefore(found, limit) }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/review/disputed",
        summary: "List disputed items, without the reviewers' names",
        request: { query: disputedItemsQuerySchema },
        responses: {
          200: jsonAnswer("A page of items, and `before` of the next page or null", disputedItemPageSchema),
        },
      }),
      async (context) => {
        const { agent, before, limit } = context.req.valid("query");
        const found = await items.disputed(agent, { before, limit });
        return context.json({ items: found, next_before: nextBefore(found, limit) }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/review/agreement/{agent}",
        summary: "Get the agreement among an agent's reviewers, and the figures of each reviewer",
        request: { params: z.object({ agent: z.string() }) },
        responses: { 200: jsonAnswer("The figures", reviewAgreementSchema) },
      }),
      async (context) => context.json(await items.agreement(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute("label", {
        method: "get",
        path: "/v1/review/items/{item}",
        summary: "Get one item as the caller may see it; with `reveal` the caller's answer is not blind",
        request: {
          params: itemParam,
          query: reviewItemQuerySchema,
        },
        responses: { 200: jsonAnswer("The item", reviewItemSchema) },
      }),
      async (context) => {
        const { actor } = context.get("principal");
        const reveal = context.req.valid("query").reveal === "true";
        return context.json(await items.get(context.req.valid("param").item, { actor, reveal }), 200);
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/items/{item}/claim",
        summary: "Lease one item to the caller",
        request: { params: itemParam, body: jsonBody(claimItemRequestSchema) },
        responses: { 200: jsonAnswer("The item", reviewItemSchema) },
      }),
      async (context) => {
        const { lease_seconds, blind } = context.req.valid("json");
        const { actor } = context.get("principal");
        const { item } = context.req.valid("param");
        return context.json(await leases.claimItem(item, { actor, leaseSeconds: lease_seconds, blind }), 200);
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/items/{item}/renew",
        summary: "Extend a lease that is still held",
        request: {
          params: itemParam,
          body: jsonBody(renewLeaseRequestSchema),
        },
        responses: {
          200: jsonAnswer("The new end of the lease", renewedLeaseSchema),
        },
      }),
      async (context) => {
        const { lease_token, lease_seconds } = context.req.valid("json");
        const { actor } = context.get("principal");
        const { item } = context.req.valid("param");
        return context.json(
          await leases.renew(item, { actor, leaseToken: lease_token, leaseSeconds: lease_seconds }),
          200,
        );
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/items/{item}/release",
        summary: "Return an item to the queue without an answer",
        request: {
          params: itemParam,
          body: jsonBody(releaseItemRequestSchema),
        },
        responses: {
          200: jsonAnswer("Whether the caller held it", releasedItemSchema),
        },
      }),
      async (context) => {
        const { lease_token } = context.req.valid("json");
        const { actor } = context.get("principal");
        return context.json(
          await leases.release(context.req.valid("param").item, { actor, leaseToken: lease_token }),
          200,
        );
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/items/{item}/label",
        summary: "Label an item under its lease; repeating the request changes nothing",
        request: { params: itemParam, body: jsonBody(labelItemRequestSchema) },
        responses: { 200: jsonAnswer("The item's new state, with the judges' verdicts", reviewAnswerSchema) },
      }),
      async (context) => {
        const { label: chosen, lease_token, notes } = context.req.valid("json");
        const { actor } = context.get("principal");
        const { item } = context.req.valid("param");
        return context.json(
          await answers.label(item, chosen, {
            actor,
            leaseToken: lease_token,
            ...(notes === undefined ? {} : { notes }),
          }),
          200,
        );
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/items/{item}/skip",
        summary: "Skip an item with a reason; repeating the request changes nothing",
        request: {
          params: itemParam,
          body: jsonBody(skipItemRequestSchema),
        },
        responses: { 200: jsonAnswer("The item's new state", reviewAnswerSchema) },
      }),
      async (context) => {
        const { reason, lease_token, notes } = context.req.valid("json");
        const { actor } = context.get("principal");
        const { item } = context.req.valid("param");
        return context.json(
          await answers.skip(item, reason, {
            actor,
            leaseToken: lease_token,
            ...(notes === undefined ? {} : { notes }),
          }),
          200,
        );
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/items/{item}/correction",
        summary: "Replace the label of a labeled item that the caller labeled",
        request: {
          params: itemParam,
          body: jsonBody(correctLabelRequestSchema),
        },
        responses: { 200: jsonAnswer("The item's new state", reviewAnswerSchema) },
      }),
      async (context) => {
        const { label: chosen, notes } = context.req.valid("json");
        const { actor } = context.get("principal");
        return context.json(
          await answers.correct(context.req.valid("param").item, chosen, { actor, notes }),
          200,
        );
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/review/items/{item}/adjudication",
        summary: "Adjudicate a disputed item that the caller has not answered",
        request: {
          params: itemParam,
          body: jsonBody(adjudicateRequestSchema),
        },
        responses: { 200: jsonAnswer("The item's new state", reviewAnswerSchema) },
      }),
      async (context) => {
        const { label: chosen, rationale } = context.req.valid("json");
        const { actor } = context.get("principal");
        return context.json(
          await answers.adjudicate(context.req.valid("param").item, chosen, { actor, rationale }),
          200,
        );
      },
    );
}

function nextBefore(items: readonly { readonly item_id: number }[], limit: number): number | null {
  return items.length < limit ? null : (items.at(-1)?.item_id ?? null);
}
