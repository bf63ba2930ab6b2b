import { z } from "zod";
import type { Document } from "./document.ts";
import { count, nullableTime, pageLimit, text, time } from "./fields.ts";
export const notificationEndpointSchema = z
  .strictObject({
    name: z.string(),
    url: z.string().describe("The host alone for who may not administer"),
    created_by: z.string(),
    created_at: time,
    waiting: count,
    delivered: count,
    dead: count,
    last_error: text.describe(
      "Of the newest message that failed or is being tried again; null where all went well",
    ),
  })
  .meta({ id: "NotificationEndpoint" });
/** An endpoint without its secret, which leaves the database only to sign. */
export type NotificationEndpoint = Document<typeof notificationEndpointSchema>;

export const addedEndpointSchema = z
  .strictObject({
    endpoint: notificationEndpointSchema,
    secret: text.describe("The one that was made up, in this answer alone; null where one was given"),
  })
  .meta({ id: "AddedEndpoint" });
/** An endpoint that was just made. The secret is shown this once, and only where Relearn made it up. */
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
/** A message as it stands in the outbox. */
export type StoredNotification = Document<typeof notificationSchema>;

export const addEndpointRequestSchema = z
  .strictObject({
    url: z.string(),
    secret: z.string().max(500).optional().describe("Left out: Relearn makes one up"),
  })
  .meta({ id: "AddEndpointRequest", examples: [{ url: "https://hooks.example.org/relearn" }] });

export const notificationsQuerySchema = z.strictObject({ endpoint: z.string().optional(), limit: pageLimit });

export const endpointListSchema = z.object({ endpoints: z.array(notificationEndpointSchema) });
export const removedEndpointSchema = z.object({ removed: z.string() });
export const notificationListSchema = z.object({ notifications: z.array(notificationSchema) });
