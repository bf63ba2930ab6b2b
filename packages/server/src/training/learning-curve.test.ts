import type { AgentDefinition } from "@relearn/contract";
import { expect, it } from "vitest";
import { seededRandom } from "../numerics/random.ts";
import { computeLearningCurve } from "./learning-curve.ts";
import { TrainingRows } from "./training-rows.ts";

const definition: AgentDefinition = {
  name: "inbox_triage",
  classes: ["safe", "quarantine"],
  features: [
    { name: "risk", path: "risk", kind: "number", default: 0 },
    { name: "noise", path: "noise", kind: "number", default: 0 },
  ],
};

/** Mails whose risk decides; `at`: when the label of the n-th mail came. */
function createRows(count: number, at: (index: number, risk: number) => number) {
  const random = seededRandom(3);
  const rows = new TrainingRows(definition, count, undefined, true);
  rows.add(
    Array.from({ length: count }, (_, index) => {
      const risk = random.normal();
      return {
        key: `mail-${String(index).padStart(5, "0")}`,
        payload: { risk, noise: random.normal() },
        label: risk + random.normal() > 0 ? "quarantine" : "safe",
        source: "gold",
        source_id: String(index),
        confidence: 100,
        created_at: new Date(at(index, risk)),
      };
    }),
  );
  return rows.finish();
}

it("falls with the labels, below what the shares of the classes come to", () => {
  const curve = computeLearningCurve(createRows(400, (index) => index * 1000));
  expect(curve.points.map((point) => point.labels)).toEqual([20, 32, 52, 84, 135, 216, 320]);
  const [first, last] = [curve.points[0]!, curve.points.at(-1)!];
  expect(last.random.log_loss).toBeLessThan(first.random.log_loss);
  expect(last.arrived.log_loss).toBeLessThan(curve.baseline_log_loss * 0.8);
  for (const { arrived, random } of curve.points) {
    for (const { log_loss, band } of [arrived, random]) {
      expect(log_loss).toBeGreaterThanOrEqual(band[0]);
      expect(log_loss).toBeLessThanOrEqual(band[1]);
    }
  }
  // All labels are the same labels in whatever order.
  expect(last.arrived.log_loss).toBeCloseTo(last.random.log_loss, 6);
});

it("tells an order that taught little at first from a random one", () => {
  // The clear cases came first, all of one class.
  const curve = computeLearningCurve(
    createRows(400, (_, risk) => (risk < 0 ? 0 : 1) * 1_000_000 + risk * 1000),
  );
  const early = curve.points[2]!;
  expect(early.arrived.log_loss).toBeGreaterThan(early.random.log_loss * 1.3);
});

it("is the same each time, and says nothing of a handful", () => {
  const rows = createRows(120, (index) => index);
  expect(computeLearningCurve(rows)).toEqual(computeLearningCurve(rows));
  expect(computeLearningCurve(createRows(20, (index) => index)).points).toEqual([]);
});
