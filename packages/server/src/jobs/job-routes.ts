import {
  jobListSchema,
  jobRunPageSchema,
  jobRunSchema,
  jobRunsQuerySchema,
  pausedJobSchema,
  pauseJobRequestSchema,
  resumeJobRequestSchema,
} from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { JobService } from "./job-service.ts";

const jobName = z.object({ job: z.string().openapi({ example: "load_labeled_data" }) });

export function jobRoutes(jobs: JobService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/jobs",
        summary: "List the jobs with their next and last runs",
        responses: {
          200: jsonAnswer("All jobs", jobListSchema),
        },
      }),
      async (context) => context.json({ jobs: await jobs.list() }, 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/jobs/runs",
        summary: "List runs, newest first",
        request: {
          query: jobRunsQuerySchema,
        },
        responses: {
          200: jsonAnswer(
            "A page of runs; `next_before` is the `before` of the next page, or null",
            jobRunPageSchema,
          ),
        },
      }),
      async (context) => {
        const { job, before, limit } = context.req.valid("query");
        const runs = await jobs.history({ job }, { before, limit });
        return context.json(
          { runs, next_before: runs.length < limit ? null : (runs.at(-1)?.id ?? null) },
          200,
        );
      },
    )
    .openapi(
      createRoute(
        "operate",
        {
          method: "post",
          path: "/v1/jobs/{job}/run",
          summary: "Run a job now and wait until it ends; `state` says whether it succeeded",
          request: { params: jobName },
          responses: { 200: jsonAnswer("The run", jobRunSchema) },
        },
        { once: "repeatable" },
      ),
      async (context) =>
        context.json(
          await jobs.run(context.req.valid("param").job, { actor: context.get("principal").actor }),
          200,
        ),
    )
    .openapi(
      createRoute("operate", {
        method: "post",
        path: "/v1/jobs/{job}/pause",
        summary: "Pause a job: skip its scheduled runs until it is resumed",
        request: { params: jobName, body: jsonBody(pauseJobRequestSchema) },
        responses: { 200: jsonAnswer("The paused job", pausedJobSchema) },
      }),
      async (context) =>
        context.json(
          await jobs.pause(context.req.valid("param").job, {
            actor: context.get("principal").actor,
            reason: context.req.valid("json").reason,
          }),
          200,
        ),
    )
    .openapi(
      createRoute("operate", {
        method: "post",
        path: "/v1/jobs/{job}/resume",
        summary: "Resume a paused job",
        request: { params: jobName, body: jsonBody(resumeJobRequestSchema) },
        responses: { 200: jsonAnswer("The job, no longer paused", pausedJobSchema) },
      }),
      async (context) =>
        context.json(
          await jobs.resume(context.req.valid("param").job, {
            actor: context.get("principal").actor,
            reason: context.req.valid("json").reason,
          }),
          200,
        ),
    );
}
