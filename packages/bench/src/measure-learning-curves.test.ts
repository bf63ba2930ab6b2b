import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeWithSharedData } from "../../../scripts/testing/describe-with-shared-data.ts";
import { seededRandom } from "../../server/src/numerics/random.ts";
import {
  type CurveStrategy,
  type LabeledTable,
  measureLearningCurves,
  parseNumberTable,
} from "./measure-learning-curves.ts";

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("learning curves", () => {
  describeWithSharedData("spambase/spambase.csv", "on spambase", (path) => {
    it("100 selected labels reach the accuracy of 310 random ones", () => {
      const data = parseNumberTable(readFileSync(path, "utf8"));
      expect(data.rows).toHaveLength(4210);
      const grow = (last: number, strategies: readonly CurveStrategy[]) => {
        const { curves } = measureLearningCurves(data, { seeds: 4, batch: 10, last, strategies });
        return (strategy: CurveStrategy, labels: number) => mean(curves.get(strategy)!.get(labels)!);
      };
      const drawn = grow(310, ["random"]);
      const chosen = grow(100, ["margin", "margin in batches"]);
      expect(chosen("margin", 100)).toBeGreaterThanOrEqual(drawn("random", 310));
      expect(chosen("margin in batches", 100)).toBeGreaterThanOrEqual(drawn("random", 310) - 0.002);
      expect(chosen("margin in batches", 50)).toBeGreaterThan(drawn("random", 50));
    });
  });

  it("selected labels are better than random ones on a simulated boundary", () => {
    const random = seededRandom(4);
    const rows = Array.from({ length: 1500 }, () => Float64Array.from({ length: 5 }, () => random.normal()));
    const data: LabeledTable = { rows, labels: rows.map((row) => (row[0]! + row[1]! > 0 ? 1 : 0)) };
    const { curves, everything } = measureLearningCurves(data, {
      seeds: 4,
      batch: 10,
      last: 60,
      strategies: ["random", "margin in batches"],
    });
    expect(mean(curves.get("margin in batches")!.get(60)!)).toBeGreaterThan(
      mean(curves.get("random")!.get(60)!),
    );
    expect(mean(everything)).toBeGreaterThan(0.97);
  });
});
