import { z } from "zod";
import type { Document } from "./document.ts";
import { count, nullableTime, pageLimit, text, time } from "./fields.ts";
export const notificationEndpointSchema = z
  .strictObject({
    name: z.string(),
    url: z.string().describe("Only the host for callers without the right to administer"),
    created_by: z.string(),
    created_at: time,
    waiting: count,
    delivered: count,
    dead: count,
    last_error: text.describe(
      "Error of the newest message that failed or is being retried; null if there is none",
    ),
  })
  .meta({ id: "NotificationEndpoint" });
/** An endpoint without its secret, which is only used for signing. */
export type NotificationEndpoint = Document<typeof notificationEndpointSchema>;

export const addedEndpointSchema = z
  .strictObject({
    endpoint: notificationEndpointSchema,
    secret: text.describe("Generated secret, shown in this response only; null if the request gave one"),
  })
  .meta({ id: "AddedEndpoint" });
/** A new endpoint. The secret is shown once, and only if Relearn generated it. */
export type AddedEndpoint = Document<typeof addedEndpointSchema>;

export const notificationSchema = z
  .strictObject({
    id: count,
    endpoint: z.string(),
    message_id: z.string(),
    event: z.string(),
    agent: text,
    state: z.enum(["waiting", "delivered", "dead"]),
    attempts: count,
    next_attempt_at: time,
    last_error: text,
    created_at: time,
    ended_at: nullableTime,
  })
  .meta({ id: "Notification" });
/** A message in the outbox. */
export type StoredNotification = Document<typeof notificationSchema>;

export const addEndpointRequestSchema = z
  .strictObject({
    url: z.string(),
    secret: z.string().max(500).optional().describe("Default: Relearn generates one"),
  })
  .meta({ id: "AddEndpointRequest", examples: [{ url: "https://hooks.example.org/relearn" }] });

export const notificationsQuerySchema = z.strictObject({ endpoint: z.string().optional(), limit: pageLimit });

export const endpointListSchema = z.object({ endpoints: z.array(notificationEndpointSchema) });
export const removedEndpointSchema = z.object({ removed: z.string() });
export const notificationListSchema = z.object({ notifications: z.array(notificationSchema) });
