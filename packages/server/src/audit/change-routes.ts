import { RelearnError } from "../errors.ts";
import { disconnectWhenStalled } from "../http/disconnect-when-stalled.ts";
import { principalName } from "../http/principal.ts";
import { createRoute, newRouter, type Router, z } from "../http/router.ts";
import { type ChangeStreams, STALLED_MS } from "./change-streams.ts";

export function changeRoutes(changes: ChangeStreams): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/changes",
      summary: "Stream changes as server-sent events; with `Last-Event-ID`, from that event on",
      request: {
        headers: z.object({
          "last-event-id": z
            .string()
            .optional()
            .openapi({ description: "Id of the last event received", example: "17" }),
        }),
      },
      responses: {
        200: {
          description:
            "`ready` first, with the id to resume from; `change` for each event of the audit log, with its sequence, at, kind, agent, object and actor; `reset` instead of `ready` if too many events were missed and the client must reload its data. A comment every 15 s keeps the stream alive",
          content: { "text/event-stream": { schema: z.string() } },
        },
      },
    }),
    async (context) => {
      const stream = await changes.open(
        principalName(context.get("principal")),
        parseLastEventId(context.req.valid("header")["last-event-id"]),
      );
      disconnectWhenStalled(context, STALLED_MS);
      return context.body(stream, 200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // Prevents proxies from buffering the events.
        "x-accel-buffering": "no",
      });
    },
  );
}

function parseLastEventId(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const id = Number(text);
  if (/^\d{1,15}$/.test(text)) return id;
  throw new RelearnError(
    "invalid_input",
    `Last-Event-ID is ${JSON.stringify(text.slice(0, 40))}; it must be the id of an event, a whole number. Omit it to start now.`,
  );
}
