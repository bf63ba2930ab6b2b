import { z } from "zod";
import type { ExampleSource, JsonObject } from "../db/tables.ts";
import {
  agentSchema,
  keySchema,
  labelSchema,
  notesSchema,
  payloadSchema,
  personSchema,
  timeSchema,
} from "../record-schemas.ts";

export const exampleSources = ["approvals", "feedback", "gold", "synthetic", "review"] as const;

/** A labeled example as it comes in: by import, by a feed, from the review queue. */
export const exampleDraftSchema = z.strictObject({
  agent: agentSchema,
  key: keySchema,
  payload: payloadSchema,
  label: labelSchema,
  /** Left out: gold, which is what somebody's own labeled table is. */
  source: z.enum(exampleSources, `must be one of ${exampleSources.join(", ")}`).default("gold"),
  /** The record it came from; left out: the key. */
  source_id: keySchema.optional(),
  confidence: z
    .int("must be a whole number from 0 to 100")
    .min(0, "must be a whole number from 0 to 100")
    .max(100, "must be a whole number from 0 to 100")
    .default(100),
  notes: notesSchema.optional(),
  labeled_by: personSchema.optional(),
  /** When the label was given; left out: now. */
  created_at: timeSchema.optional(),
});

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
  /** ISO 8601 UTC; null: not said, so it is the time of storing. */
  readonly created_at: string | null;
}

/** What the draft schema read, with what it left out filled in. */
export function toExampleDraft(parsed: z.output<typeof exampleDraftSchema>): ExampleDraft {
  return {
    ...parsed,
    source_id: parsed.source_id ?? parsed.key,
    notes: parsed.notes === undefined || parsed.notes === "" ? null : parsed.notes,
    labeled_by: parsed.labeled_by ?? null,
    created_at: parsed.created_at ?? null,
  };
}

/** A labeled example as stored and sent. */
export interface LabeledExample {
  readonly id: number;
  readonly agent: string;
  readonly key: string;
  readonly payload: JsonObject;
  readonly label: string;
  readonly source: ExampleSource;
  readonly source_id: string;
  readonly confidence: number;
  readonly notes: string | null;
  readonly labeled_by: string | null;
  readonly created_at: string;
  readonly loaded_at: string;
  /** Set where another label took its place. */
  readonly superseded_at: string | null;
}

/** The same record with another label: waits for a person. */
export interface LabelConflict {
  readonly id: number;
  readonly agent: string;
  readonly key: string;
  readonly source: ExampleSource;
  readonly source_id: string;
  readonly kept_label: string;
  readonly offered_label: string;
  /** Who gave the kept label and when; null where no example has it any more. */
  readonly kept: Pick<LabeledExample, "labeled_by" | "created_at"> | null;
  /** The draft as it came. */
  readonly offered: ExampleDraft;
  readonly state: "open" | "kept_old" | "took_new";
  readonly created_at: string;
  readonly settled_at: string | null;
  readonly settled_by: string | null;
}

/** What became of one draft. */
export type AddedAs = "stored" | "duplicate" | "conflict";

/** The specification's statistics over current examples, and the labels of each agent. */
export interface LabelStats {
  readonly total: number;
  readonly by_source: Readonly<Record<string, number>>;
  readonly by_agent: Readonly<Record<string, number>>;
  /** Agent to label to count. */
  readonly by_label: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Labels given in the last seven days. */
  readonly recent_7d: number;
}

/** How the current labels of an agent came in, day by day. */
export interface LabelGrowth {
  readonly agent: string;
  /** Of UTC, oldest first, each of the window even where nothing came. `YYYY-MM-DD`. */
  readonly days: readonly {
    readonly day: string;
    readonly by_source: Readonly<Partial<Record<ExampleSource, number>>>;
  }[];
  /** Those from before the window. */
  readonly before: Readonly<Partial<Record<ExampleSource, number>>>;
}
