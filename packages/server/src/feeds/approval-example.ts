import type { Selectable } from "kysely";
import type { Tables } from "../db/tables.ts";
import type { ExampleDraft } from "../labeled-examples/labeled-example.ts";

type Approval = Selectable<Tables["action_approvals"]>;

/** Converts an approval to an example labeled "{action}_approved" or "{action}_rejected"; `undefined` while it is pending. */
export function toApprovalExample(approval: Approval): ExampleDraft | undefined {
  if (approval.status === "pending") return undefined;
  return {
    agent: approval.agent,
    key: approval.task_key,
    payload: approval.payload,
    label: `${approval.action}_${approval.status}`,
    source: "approvals",
    source_id: approval.request_id,
    confidence: 100,
    notes: approval.notes,
    labeled_by: approval.decided_by,
    created_at: (approval.decided_at ?? approval.requested_at).toISOString(),
  };
}
