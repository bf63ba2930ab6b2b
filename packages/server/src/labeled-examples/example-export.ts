import type { LabeledExample } from "@relearn/contract";

/** Fields of an export: those that an import accepts. */
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
