import { z } from "zod";
import type { Document } from "./document.ts";
import { count, object } from "./fields.ts";
export const problemSchema = z
  .strictObject({
    type: z.string().describe("URL of the explanation of the code, relative to the service's address"),
    title: z.string(),
    status: z.number().int(),
    detail: z
      .string()
      .describe("Explanation for people: what happened, the value, accepted values and what to do"),
    code: z.string().describe("Stable code for programs"),
    details: object.exactOptional().describe("Machine-readable facts: paths, counts, ids"),
    request_id: z.string().exactOptional().describe("Identifies the request in the server log"),
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
    index: count.describe("Index of the record in the request, from 0"),
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
    path: z.string().describe("Path in the record; `(root)` for the whole record"),
    value: z.string().describe("Rejected value, shortened"),
    message: z.string().describe("Fault or accepted values, as a predicate of the path"),
  })
  .meta({ id: "Rejection" });
export type Rejection = Document<typeof rejectionSchema>;
export type RejectionReason = Rejection["reason"];
