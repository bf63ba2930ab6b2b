/**
 * Converts thumbs to examples: one per agent and day, as the specification requires, and one per event that names a task.
 */
import type { WaitingDay } from "@relearn/contract";
import type { JsonObject } from "../db/tables.ts";
import type { ExampleDraft } from "../labeled-examples/labeled-example.ts";

/** Thumbs of an agent on a UTC day that has ended. */
export interface DayOfThumbs extends WaitingDay {
  readonly thumbs_up: number;
  readonly feedback_count: number;
}

/** Returns the label of a ratio of thumbs up, by the specification's thresholds. */
export function getQualityLabel(thumbsUpRatio: number): "high_quality" | "medium_quality" | "low_quality" {
  if (thumbsUpRatio >= 0.8) return "high_quality";
  return thumbsUpRatio >= 0.5 ? "medium_quality" : "low_quality";
}

/** Converts a day to the specification's example: label by ratio, confidence int(ratio * 100). */
export function toDayExample(day: DayOfThumbs): ExampleDraft {
  const ratio = day.thumbs_up / day.feedback_count;
  return {
    agent: day.agent,
    key: `${day.agent}:${day.day}`,
    payload: {
      date: day.day,
      thumbs_up: day.thumbs_up,
      thumbs_down: day.feedback_count - day.thumbs_up,
      feedback_count: day.feedback_count,
      thumbs_up_ratio: ratio,
    },
    label: getQualityLabel(ratio),
    source: "feedback",
    source_id: `${day.agent}:${day.day}`,
    // As Python's int(ratio * 100), in the same floating point: 0.29 * 100 is 28.999…, so 28.
    confidence: Math.trunc(ratio * 100),
    notes: null,
    labeled_by: null,
    created_at: getEndOfDay(day.day).toISOString(),
  };
}

/** Returns the first instant after a UTC day. */
export function getEndOfDay(day: string): Date {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000);
}

/** A thumb on a task, with the task's newest evaluation result. */
export interface TaskThumb {
  readonly event_id: string;
  readonly agent: string;
  readonly task_key: string;
  readonly thumb: "up" | "down";
  readonly decision: string | null;
  readonly payload: JsonObject | null;
  readonly person: string | null;
  readonly notes: string | null;
  readonly occurred_at: Date;
  readonly result_payload: JsonObject | null;
  readonly result_decision: string | null;
}

export type TaskExample =
  | { readonly example: ExampleDraft }
  | {
      readonly leftOut:
        | "no_decision"
        | "no_payload"
        /** A thumb down excludes a class, which determines the label only if there are exactly two. */
        | "down_without_two_classes"
        | "down_on_unknown_class";
    };

/**
 * Converts a thumb on a task to an example. Up: the decision is the label. Down: the other class, if the agent has exactly
 * two and the decision is one of them. `toClass`: the agent's label mapper.
 */
export function toTaskExample(
  thumb: TaskThumb,
  classes: readonly string[] | undefined,
  toClass: (label: string) => string | undefined,
): TaskExample {
  const decision = thumb.decision ?? thumb.result_decision;
  if (decision === null) return { leftOut: "no_decision" };
  const payload = [thumb.payload, thumb.result_payload].find(
    (one) => one !== null && Object.keys(one).length > 0,
  );
  if (payload === undefined || payload === null) return { leftOut: "no_payload" };
  let label = decision;
  if (thumb.thumb === "down") {
    if (classes?.length !== 2) return { leftOut: "down_without_two_classes" };
    const decided = toClass(decision);
    const other = classes.find((one) => one !== decided);
    if (decided === undefined || other === undefined || !classes.includes(decided)) {
      return { leftOut: "down_on_unknown_class" };
    }
    label = other;
  }
  return {
    example: {
      agent: thumb.agent,
      key: thumb.task_key,
      payload,
      label,
      source: "feedback",
      source_id: thumb.event_id,
      confidence: 100,
      notes: thumb.notes,
      labeled_by: thumb.person,
      created_at: thumb.occurred_at.toISOString(),
    },
  };
}
