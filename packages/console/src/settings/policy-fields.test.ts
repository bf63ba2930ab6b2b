import { defaultRolloutPolicy } from "@relearn/contract/values";
import { expect, it } from "vitest";
import { parsePolicy, parseStages, policyGroups, policyTexts } from "./policy-fields.ts";

const texts = policyTexts(defaultRolloutPolicy);

it("has a field for each member of the policy", () => {
  const paths = policyGroups(3).flatMap((group) => group.fields.map((field) => field.path));
  expect(paths.sort()).toEqual(Object.keys(texts).sort());
});

it("says nothing where nothing differs from the defaults", () => {
  expect(parsePolicy(texts, defaultRolloutPolicy)).toEqual({ overrides: {} });
});

it("tells a member made of parts whole, as the service wants it", () => {
  const parsed = parsePolicy({ ...texts, "material.cost": "0.2", quorum: "2" }, defaultRolloutPolicy);
  expect(parsed).toEqual({
    overrides: { quorum: 2, material: { quality: 0.05, latency: 0.1, cost: 0.2, success: 0.05 } },
  });
});

it("gives each stage its margins", () => {
  const parsed = parsePolicy(
    { ...texts, stages: "5, 100", "not_worse.0.quality": "0.1", "not_worse.0.latency": "0.3" },
    defaultRolloutPolicy,
  );
  expect(parsed).toEqual({ overrides: { stages: [5, 100], not_worse: [{ quality: 0.1, latency: 0.3 }] } });
  expect("overrides" in parsed && parsed.overrides.not_worse).toHaveLength(1);
});

it.each([
  ["stages", "50, 10, 100", "increasing"],
  ["stages", "10, 50", "the last one 100"],
  ["alpha", "0", "above 0"],
  ["alpha", "", "above 0"],
  ["quorum", "1.5", "a whole number"],
  ["holdback_percent", "51", "between 0 and 50"],
])("refuses %s = %s where the service would", (path, text, accepted) => {
  const parsed = parsePolicy({ ...texts, [path]: text }, defaultRolloutPolicy);
  expect("faults" in parsed && parsed.faults[path]).toContain(accepted);
});

it("reads stages with or without commas and signs", () => {
  expect(parseStages("10 %, 50 %; 100")).toEqual([10, 50, 100]);
});
