import type { Selectable } from "kysely";
import type { Tables } from "../db/tables.ts";
import type { ExampleDraft } from "../labeled-examples/labeled-example.ts";

/** Converts a golden task to an example with full confidence, since it was curated by hand. */
export function toGoldExample(task: Selectable<Tables["golden_tasks"]>): ExampleDraft {
  return {
    agent: task.agent,
    key: task.task_key,
    payload: task.payload,
    label: task.label,
    source: "gold",
    source_id: task.task_key,
    confidence: 100,
    notes: task.notes,
    labeled_by: null,
    created_at: task.created_at.toISOString(),
  };
}
