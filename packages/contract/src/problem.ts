import { z } from "zod";
import type { Document } from "./document.ts";
import { count, object } from "./fields.ts";
export const problemSchema = z
  .strictObject({
    type: z.string().describe("Where the code is explained, relative to the service's address"),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe("What happened, the value, what is accepted and what to do; for people"),
    code: z.string().describe("Stable: programs branch on it"),
    details: object.exactOptional().describe("Facts that a handler needs: paths, counts, ids"),
    request_id: z.string().exactOptional().describe("Names the request in the log"),
  })
  .meta({
    id: "Problem",
    examples: [
      {
        type: "/docs#problem-unknown_agent",
        title: "Not found",
        status: 404,
        detail: 'There is no agent "inbox"; the agents are inbox_triage.',
        code: "unknown_agent",
      },
    ],
  });
/** A problem document (RFC 9457). `code` is stable: programs branch on it. */
export type ProblemDocument = Document<typeof problemSchema>;

export const rejectionSchema = z
  .strictObject({
    index: count.describe("Which record of the request, from 0"),
    reason: z.enum([
      "not_json",
      "invalid",
      "in_future",
      "unknown_agent",
      "unknown_rollout",
      "agent_mismatch",
      "not_started",
      "arm_mismatch",
    ]),
    path: z.string().describe("Where in the record; `(root)` for the whole"),
    value: z.string().describe("What stood there, shortened"),
    message: z.string().describe("What is wrong or what is accepted, as a sentence about the path"),
  })
  .meta({ id: "Rejection" });
export type Rejection = Document<typeof rejectionSchema>;
export type RejectionReason = Rejection["reason"];
