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
          200: jsonAnswer("The items; none where nothing waits for the caller", claimedItemsSchema),
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
        summary: "Put one task into the queue, before those chosen by measure",
        request: {
          body: jsonBody(requestReviewRequestSchema),
        },
        responses: {
          200: jsonAnswer("False: it is or was there already", queuedReviewSchema),
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
        summary: "Take back the caller's last answer",
        request: { body: jsonBody(undoAnswerRequestSchema) },
        responses: {
          200: jsonAnswer("What was taken back, and the item", undoneAnswerSchema),
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
        summary: "How many items wait, are leased, disputed, answered, by agent",
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
        summary: "Review items, newest first; what judges said is left out of those that wait",
        request: {
          query: reviewItemsQuerySchema,
        },
        responses: {
          200: jsonAnswer("A page of items; `before` of the next page, or null", reviewItemPageSchema),
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
        summary: "Items that reviewers disagree about, without their names",
        request: { query: disputedItemsQuerySchema },
        responses: {
          200: jsonAnswer("A page of items; `before` of the next page, or null", disputedItemPageSchema),
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
        summary: "How far people agree on an agent's items, and what each reviewer did",
        request: { params: z.object({ agent: z.string() }) },
        responses: { 200: jsonAnswer("The figures", reviewAgreementSchema) },
      }),
      async (context) => context.json(await items.agreement(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute("label", {
        method: "get",
        path: "/v1/review/items/{item}",
        summary: "One item, as the caller may see it; with reveal the caller's answer is not blind",
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
          200: jsonAnswer("When the lease ends now", renewedLeaseSchema),
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
        summary: "Give an item back without an answer",
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
        summary: "Label an item under its lease; the same again is harmless",
        request: { params: itemParam, body: jsonBody(labelItemRequestSchema) },
        responses: { 200: jsonAnswer("What became of it, with what was hidden before", reviewAnswerSchema) },
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
        summary: "Pass an item over, with the reason; the same again is harmless",
        request: {
          params: itemParam,
          body: jsonBody(skipItemRequestSchema),
        },
        responses: { 200: jsonAnswer("What became of it", reviewAnswerSchema) },
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
        summary: "Replace the label of a settled item that the caller labeled",
        request: {
          params: itemParam,
          body: jsonBody(correctLabelRequestSchema),
        },
        responses: { 200: jsonAnswer("What became of it", reviewAnswerSchema) },
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
        summary: "Settle a dispute; by somebody who did not label the item",
        request: {
          params: itemParam,
          body: jsonBody(adjudicateRequestSchema),
        },
        responses: { 200: jsonAnswer("What became of it", reviewAnswerSchema) },
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
