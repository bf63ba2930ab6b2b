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
import type { AgreementReport } from "./agreement-report.ts";
import {
  type AnswerResult,
  type DisputedItemDocument,
  MAX_LEASE_SECONDS,
  type ReviewItemDocument,
  reviewStates,
  skipReasons,
} from "./review-item.ts";
import type { ReviewItemService, ReviewQueueDocument } from "./review-item-service.ts";
import type { ReviewLeaseService } from "./review-lease-service.ts";
import type { ReviewService, UndoneAnswer } from "./review-service.ts";

const itemDocument = documentSchema<ReviewItemDocument>("ReviewItem");
const answerResult = documentSchema<AnswerResult>("ReviewAnswer");
const itemParam = z.object({ item: z.coerce.number().int().positive() });
const leaseFields = {
  lease_seconds: z.int().min(1).max(MAX_LEASE_SECONDS).optional(),
  /** False: the judges' verdicts come along, and the answer counts as not blind. */
  blind: z.boolean().optional(),
};
const answerFields = { lease_token: z.string().min(1).max(100), notes: z.string().optional() };
const label = z.string();
const pageFields = { before: z.coerce.number().int().positive().optional(), limit: pageLimit };

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
          body: jsonBody(
            z.strictObject({
              agent: z.string(),
              count: z.int().min(1).max(100).optional(),
              resume: z.boolean().optional(),
              ...leaseFields,
            }),
          ),
        },
        responses: {
          200: jsonAnswer(
            "The items; none where nothing waits for the caller",
            z.object({ items: z.array(itemDocument) }),
          ),
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
          body: jsonBody(z.strictObject({ agent: z.string(), task_key: z.string().min(1).max(500) })),
        },
        responses: {
          200: jsonAnswer("False: it is or was there already", z.object({ queued: z.boolean() })),
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
        request: { body: jsonBody(z.strictObject({ agent: z.string().optional(), ...leaseFields })) },
        responses: {
          200: jsonAnswer("What was taken back, and the item", documentSchema<UndoneAnswer>("UndoneAnswer")),
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
          200: jsonAnswer(
            "The counts",
            z.object({ queues: z.array(documentSchema<ReviewQueueDocument>("ReviewQueue")) }),
          ),
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
          query: z.strictObject({
            agent: z.string().optional(),
            state: z.enum(reviewStates).optional(),
            ...pageFields,
          }),
        },
        responses: {
          200: jsonAnswer(
            "A page of items; `before` of the next page, or null",
            z.object({ items: z.array(itemDocument), next_before: z.number().nullable() }),
          ),
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
        request: { query: z.strictObject({ agent: z.string().optional(), ...pageFields }) },
        responses: {
          200: jsonAnswer(
            "A page of items; `before` of the next page, or null",
            z.object({
              items: z.array(documentSchema<DisputedItemDocument>("DisputedItem")),
              next_before: z.number().nullable(),
            }),
          ),
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
        responses: { 200: jsonAnswer("The figures", documentSchema<AgreementReport>("ReviewAgreement")) },
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
          query: z.strictObject({ reveal: z.enum(["true", "false"]).optional() }),
        },
        responses: { 200: jsonAnswer("The item", itemDocument) },
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
        request: { params: itemParam, body: jsonBody(z.strictObject(leaseFields)) },
        responses: { 200: jsonAnswer("The item", itemDocument) },
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
          body: jsonBody(
            z.strictObject({
              lease_token: answerFields.lease_token,
              lease_seconds: leaseFields.lease_seconds,
            }),
          ),
        },
        responses: {
          200: jsonAnswer(
            "When the lease ends now",
            z.object({ item_id: z.number(), expires_at: z.string() }),
          ),
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
          body: jsonBody(z.strictObject({ lease_token: answerFields.lease_token })),
        },
        responses: {
          200: jsonAnswer(
            "Whether the caller held it",
            z.object({ item_id: z.number(), released: z.boolean() }),
          ),
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
        request: { params: itemParam, body: jsonBody(z.strictObject({ label, ...answerFields })) },
        responses: { 200: jsonAnswer("What became of it, with what was hidden before", answerResult) },
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
          body: jsonBody(z.strictObject({ reason: z.enum(skipReasons), ...answerFields })),
        },
        responses: { 200: jsonAnswer("What became of it", answerResult) },
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
          body: jsonBody(z.strictObject({ label, notes: z.string().optional() })),
        },
        responses: { 200: jsonAnswer("What became of it", answerResult) },
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
          body: jsonBody(z.strictObject({ label, rationale: z.string() })),
        },
        responses: { 200: jsonAnswer("What became of it", answerResult) },
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
