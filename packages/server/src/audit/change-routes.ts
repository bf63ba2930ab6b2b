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
      summary:
        "What changes while one looks, as server-sent events; with `Last-Event-ID` what has changed since that one",
      request: {
        headers: z.object({
          "last-event-id": z
            .string()
            .optional()
            .openapi({ description: "The id of the last event that was received", example: "17" }),
        }),
      },
      responses: {
        200: {
          description:
            "`ready` first, with the id to resume from; `change` for each event of the audit log, with its sequence, at, kind, agent, object and actor; `reset` where too much was missed and everything is to be read again. A comment every 15 s shows that the stream is alive",
          content: { "text/event-stream": { schema: z.string() } },
        },
      },
    }),
    async (context) => {
      const stream = await changes.open(
        principalName(context.get("principal")),
        lastEventId(context.req.valid("header")["last-event-id"]),
      );
      disconnectWhenStalled(context, STALLED_MS);
      return context.body(stream, 200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // Proxies that gather answers would hold the events back.
        "x-accel-buffering": "no",
      });
    },
  );
}

function lastEventId(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const id = Number(text);
  if (/^\d{1,15}$/.test(text)) return id;
  throw new RelearnError(
    "invalid_input",
    `Last-Event-ID is ${JSON.stringify(text.slice(0, 40))}; it must be the id of an event, a whole number. Leave it out to begin now.`,
  );
}
