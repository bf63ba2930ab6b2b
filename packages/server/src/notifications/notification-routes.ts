import {
  addEndpointRequestSchema,
  addedEndpointSchema,
  endpointListSchema,
  notificationListSchema,
  notificationSchema,
  notificationsQuerySchema,
  removedEndpointSchema,
} from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { NotificationService } from "./notification-service.ts";

const nameParam = z.object({ name: z.string() });

export function notificationRoutes(notifications: NotificationService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/notifications/endpoints",
        summary:
          "List the notification endpoints, without secrets; without the right `administer`, only the host of each URL",
        responses: {
          200: jsonAnswer("The endpoints", endpointListSchema),
        },
      }),
      async (context) => {
        const endpoints = await notifications.endpoints();
        // The path of a chat webhook is often its secret.
        const canSeePath = context.get("principal").rights.has("administer");
        const shown = canSeePath
          ? endpoints
          : endpoints.map((one) => ({ ...one, url: `${new URL(one.url).origin}/…` }));
        return context.json({ endpoints: shown }, 200);
      },
    )
    .openapi(
      createRoute("administer", {
        method: "put",
        path: "/v1/notifications/endpoints/{name}",
        summary: "Add a notification endpoint. Only this response contains a generated secret",
        request: {
          params: nameParam,
          body: jsonBody(addEndpointRequestSchema),
        },
        responses: { 200: jsonAnswer("The endpoint", addedEndpointSchema) },
      }),
      async (context) => {
        const { url, secret } = context.req.valid("json");
        const { name } = context.req.valid("param");
        return context.json(
          await notifications.add(name, { url, secret, actor: context.get("principal").actor }),
          200,
        );
      },
    )
    .openapi(
      createRoute("administer", {
        method: "delete",
        path: "/v1/notifications/endpoints/{name}",
        summary: "Remove a notification endpoint and its waiting messages",
        request: { params: nameParam },
        responses: { 200: jsonAnswer("The name of the removed endpoint", removedEndpointSchema) },
      }),
      async (context) => {
        const { name } = context.req.valid("param");
        await notifications.remove(name, { actor: context.get("principal").actor });
        return context.json({ removed: name }, 200);
      },
    )
    .openapi(
      createRoute("administer", {
        method: "post",
        path: "/v1/notifications/endpoints/{name}/test",
        summary: "Send a test message and return its result",
        request: { params: nameParam },
        responses: { 200: jsonAnswer("The message", notificationSchema) },
      }),
      async (context) =>
        context.json(
          await notifications.test(context.req.valid("param").name, {
            actor: context.get("principal").actor,
          }),
          200,
        ),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/notifications",
        summary: "List the messages of the last 30 days and their state, newest first",
        request: { query: notificationsQuerySchema },
        responses: { 200: jsonAnswer("The messages", notificationListSchema) },
      }),
      async (context) => {
        const { endpoint, limit } = context.req.valid("query");
        return context.json({ notifications: await notifications.list({ endpoint }, limit) }, 200);
      },
    );
}
