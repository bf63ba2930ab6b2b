import { createRoute, jsonAnswer, newRouter, pageLimit, type Router, z } from "../http/router.ts";
import type { JudgedResult, JudgedResultService, MethodComparison } from "./judged-result-service.ts";
import { panelMethods } from "./panel-model.ts";

const agentName = z.object({ agent: z.string().openapi({ example: "inbox_triage" }) });
const share = z.number().min(0).max(1);

const judgedResult: z.ZodType<JudgedResult> = z.strictObject({
  task_key: z.string(),
  created_at: z.iso.datetime(),
  label: z.string().describe("The class that a person named"),
  verdict: z.string().describe("The class that the judge named"),
  confidence: z.number().min(0).max(100),
  payload: z.record(z.string(), z.unknown()),
});

const comparison: z.ZodType<MethodComparison> = z.strictObject({
  agent: z.string(),
  rows: z.number().int().describe("Labeled tasks looked at, the newest"),
  labels: z.number().int().describe("Of these each method has seen so many"),
  splits: z.number().int(),
  methods: z
    .array(
      z.strictObject({
        method: z.enum(panelMethods),
        in_use: z.boolean(),
        accuracy: share,
        log_loss: z.number(),
        standard_error: z.number().describe("Of the log-loss, over the splits"),
      }),
    )
    .describe("By log-loss, the least first; none with too few labels"),
});

export function judgedResultRoutes(results: JudgedResultService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}/results",
        summary: "The labeled tasks behind a cell of a judge's confusion table, newest first",
        request: {
          params: agentName,
          query: z.strictObject({
            judge: z.string().min(1),
            label: z.string().optional(),
            verdict: z.string().optional(),
            limit: pageLimit,
          }),
        },
        responses: { 200: jsonAnswer("The tasks", z.object({ results: z.array(judgedResult) })) },
      }),
      async (context) => {
        const { limit, ...of } = context.req.valid("query");
        return context.json(
          { results: await results.list(context.req.valid("param").agent, of, limit) },
          200,
        );
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}/methods",
        summary: "Every way of combining the judges, scored on labels that it has not seen",
        request: { params: agentName },
        responses: { 200: jsonAnswer("The comparison", comparison) },
      }),
      async (context) => context.json(await results.compareMethods(context.req.valid("param").agent), 200),
    );
}
