import {
  createRoute,
  documentSchema,
  jsonAnswer,
  jsonBody,
  newRouter,
  type Router,
  z,
} from "../http/router.ts";
import { timeSchema } from "../record-schemas.ts";
import { feedNames, type LoadReport } from "./feed-report.ts";
import type { FeedService } from "./feed-service.ts";

export function feedRoutes(feeds: FeedService): Router {
  return newRouter().openapi(
    createRoute(
      "operate",
      {
        method: "post",
        path: "/v1/feeds/load",
        summary: "Load what is new from one feed, or from all",
        request: {
          body: jsonBody(
            z
              .strictObject({
                source: z.enum(feedNames).optional(),
                agent: z.string().optional(),
                since: timeSchema.optional(),
                limit: z.int().min(1).max(10_000_000).optional(),
              })
              .refine(({ source, agent }) => agent === undefined || source === "gold", {
                path: ["agent"],
                message: "goes with the source gold: the other feeds read all agents",
              }),
          ),
        },
        responses: { 200: jsonAnswer("What was loaded", documentSchema<LoadReport>("LoadReport")) },
      },
      { once: "repeatable" },
    ),
    async (context) => {
      const { source, agent, since, limit } = context.req.valid("json");
      const options = {
        since: since === undefined ? undefined : new Date(since),
        limit,
        actor: context.get("principal").actor,
      };
      const load = {
        approvals: () => feeds.loadFromApprovals(options),
        feedback: () => feeds.loadFromFeedback(options),
        gold: () => feeds.loadFromGoldsets({ ...options, agent }),
      };
      if (source === undefined) return context.json(await feeds.loadAll(options), 200);
      const report = await load[source]();
      const counts = { approvals: 0, feedback: 0, gold: 0, [report.feed]: report.loaded };
      return context.json({ ...counts, reports: [report] }, 200);
    },
  );
}
