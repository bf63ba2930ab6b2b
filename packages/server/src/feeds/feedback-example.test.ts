import { describe, expect, it } from "vitest";
import { getQualityLabel, type TaskThumb, toDayExample, toTaskExample } from "./feedback-example.ts";

describe("Feed loaders: load_from_feedback labels by the ratio of thumbs up", () => {
  it.each([
    [1, "high_quality"],
    [0.8, "high_quality"],
    [0.7999, "medium_quality"],
    [0.5, "medium_quality"],
    [0.4999, "low_quality"],
    [0, "low_quality"],
  ])("%f is %s", (ratio, label) => {
    expect(getQualityLabel(ratio)).toBe(label);
  });

  // python3 -c "print([int(u/n*100) for u, n in [(29,100),(7,100),(57,100),(58,100),(2,3),(1,1),(0,5)]])"
  it.each([
    [29, 100, 28],
    [7, 100, 7],
    [57, 100, 56],
    [58, 100, 57],
    [2, 3, 66],
    [1, 1, 100],
    [0, 5, 0],
  ])("%i of %i has confidence %i, as int(ratio * 100)", (thumbsUp, count, confidence) => {
    const example = toDayExample({
      agent: "a",
      day: "2026-03-01",
      thumbs_up: thumbsUp,
      feedback_count: count,
    });
    expect(example.confidence).toBe(confidence);
  });
});

const thumb: TaskThumb = {
  event_id: "fb-1",
  agent: "inbox_triage",
  task_key: "thread-1",
  thumb: "up",
  decision: "quarantine",
  payload: { risk_score: 1 },
  person: null,
  notes: null,
  occurred_at: new Date("2026-03-01T10:00:00Z"),
  result_payload: null,
  result_decision: null,
};
const two = ["safe", "quarantine"];
const same = (label: string): string | undefined =>
  label === "High-Risk" ? "quarantine" : two.includes(label) ? label : undefined;

describe("per-task feedback: up is the decision, down the other class of exactly two", () => {
  it.each<[string, Partial<TaskThumb>, readonly string[] | undefined, string]>([
    ["up is the decision recorded", {}, two, "quarantine"],
    ["up keeps the raw label", { decision: "High-Risk" }, two, "High-Risk"],
    ["up without classes", {}, undefined, "quarantine"],
    ["down is the other class", { thumb: "down" }, two, "safe"],
    ["down on the other", { thumb: "down", decision: "safe" }, two, "quarantine"],
    ["down on a mapped label", { thumb: "down", decision: "High-Risk" }, two, "safe"],
    ["the result's decision", { decision: null, result_decision: "safe" }, two, "safe"],
    [
      "the event's decision before the result's",
      { decision: "safe", result_decision: "quarantine" },
      two,
      "safe",
    ],
  ])("%s", (_name, over, classes, label) => {
    expect(toTaskExample({ ...thumb, ...over }, classes, same)).toMatchObject({
      example: { label, confidence: 100, source: "feedback", source_id: "fb-1", key: "thread-1" },
    });
  });

  it.each<[string, Partial<TaskThumb>, readonly string[] | undefined]>([
    ["no_decision", { decision: null }, two],
    ["no_payload", { payload: null }, two],
    ["no_payload", { payload: {}, result_payload: {} }, two],
    ["down_without_two_classes", { thumb: "down" }, ["safe", "quarantine", "other"]],
    ["down_without_two_classes", { thumb: "down" }, undefined],
    ["down_on_unknown_class", { thumb: "down", decision: "nonsense" }, two],
  ])("leaves out: %s", (leftOut, over, classes) => {
    expect(toTaskExample({ ...thumb, ...over }, classes, same)).toEqual({ leftOut });
  });

  it("takes the payload of the result where the event has none", () => {
    const made = toTaskExample({ ...thumb, payload: null, result_payload: { risk_score: 2 } }, two, same);
    expect(made).toMatchObject({ example: { payload: { risk_score: 2 } } });
  });
});
