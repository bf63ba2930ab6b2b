import type { ArmFigures, ArmHistory } from "@relearn/contract";
import { expect, it } from "vitest";
import { armMeans } from "./arm-means.ts";

const figures = (units: number, quality: number) => ({ units, quality }) as ArmFigures;
const history = (canaryUnits: number): ArmHistory =>
  ({
    hours: 1,
    points: Array.from({ length: 12 }, (_, hour) => ({
      hour,
      epoch: 0,
      stage: 0,
      active: figures(20, 0.8),
      canary: figures(canaryUnits, hour < 6 ? 1 : 0.5),
    })),
  }) as unknown as ArmHistory;

it("keeps the points where the canary has units enough", () => {
  const { hours, means } = armMeans(history(5), "quality");
  expect([hours, means.length]).toEqual([1, 12]);
});

it("puts points together until most of them have, weighing by units", () => {
  const { hours, means } = armMeans(history(2), "quality");
  expect(hours).toBe(3);
  expect(means.map((mean) => mean.canary)).toEqual([1, 1, 0.5, 0.5]);
  expect(means[0]!.active).toBeCloseTo(0.8);
});

it("shows the active arm alone where the canary never has", () => {
  const { hours, means } = armMeans(history(0), "quality");
  expect([hours, means[0]!.active, means[0]!.canary]).toEqual([1, 0.8, null]);
});
