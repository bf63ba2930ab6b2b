import type { Generated, GeneratedAlways } from "kysely";
import type { Json } from "../db/tables.ts";
import type { NotificationDocument } from "./notification.ts";

declare module "../db/tables.ts" {
  interface Tables {
    notifications: {
      endpoint: string;
      message_id: string;
      id: GeneratedAlways<number>;
      event: string;
      agent: string | null;
      document: Json<NotificationDocument>;
      state: "waiting" | "delivered" | "dead";
      attempts: Generated<number>;
      next_attempt_at: Date;
      last_error: string | null;
      created_at: Date;
      ended_at: Date | null;
    };
  }
}
