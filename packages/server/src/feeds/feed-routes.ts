import { loadFeedsRequestSchema, loadReportSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router } from "../http/router.ts";
import type { FeedService } from "./feed-service.ts";

export function feedRoutes(feeds: FeedService): Router {
  return newRouter().openapi(
    createRoute(
      "operate",
      {
        method: "post",
        path: "/v1/feeds/load",
        summary: "Load new signals of one feed or of all feeds",
        request: {
          body: jsonBody(loadFeedsRequestSchema),
        },
        responses: { 200: jsonAnswer("Counts of loaded examples", loadReportSchema) },
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
