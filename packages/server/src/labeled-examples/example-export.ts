import type { LabeledExample } from "@relearn/contract";

/** Fields of an export: those that an import takes back. Where it was stored and when stays here. */
export const exampleExportColumns = [
  "agent",
  "key",
  "label",
  "source",
  "source_id",
  "confidence",
  "notes",
  "labeled_by",
  "created_at",
  "payload",
] as const satisfies readonly (keyof LabeledExample)[];
