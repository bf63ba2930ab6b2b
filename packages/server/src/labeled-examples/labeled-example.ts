import type { ExampleSource, exampleDraftSchema } from "@relearn/contract";
import type { z } from "zod";
import type { JsonObject } from "../db/tables.ts";

/** A labeled example before it is stored, with defaults filled in. */
export interface ExampleDraft {
  readonly agent: string;
  readonly key: string;
  readonly payload: JsonObject;
  readonly label: string;
  readonly source: ExampleSource;
  readonly source_id: string;
  /** 0-100. */
  readonly confidence: number;
  readonly notes: string | null;
  readonly labeled_by: string | null;
  /** ISO 8601 UTC; null if not stated: the time of storing is used. */
  readonly created_at: string | null;
}

/** Fills in the defaults of a parsed draft. */
export function toExampleDraft(parsed: z.output<typeof exampleDraftSchema>): ExampleDraft {
  return {
    ...parsed,
    source_id: parsed.source_id ?? parsed.key,
    notes: parsed.notes === undefined || parsed.notes === "" ? null : parsed.notes,
    labeled_by: parsed.labeled_by ?? null,
    created_at: parsed.created_at ?? null,
  };
}

/** Result of adding a draft. */
export type AddedAs = "stored" | "duplicate" | "conflict";
