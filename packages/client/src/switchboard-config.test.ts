import { expect, test } from "vitest";
import { canaryConfig } from "./switchboard-config.fixture.ts";
import { parseSwitchboardConfig } from "./switchboard-config.ts";

const config = canaryConfig;
const bundle = canaryConfig.active!;
const full = {
  ...config,
  canary_basis_points: 10_000,
  holdback_basis_points: 500,
  canary: null,
  holdback: bundle,
};
const idle = { ...config, canary_basis_points: 0, salt: "", rollout_id: null, active: null, canary: null };

test.each([
  ["a canary stage", config],
  ["the stage full with its holdback", full],
  ["an agent without a bundle", idle],
  ["fields of a newer server", { ...config, colour: "green" }],
])("takes %s", (_, input) => {
  expect(parseSwitchboardConfig(input)).toBe(input);
});

test.each([
  ["a list", [], "switchboard"],
  ["a share above 100 %", { ...config, canary_basis_points: 10_001 }, "canary_basis_points"],
  ["a share that is no whole number", { ...config, canary_basis_points: 0.1 }, "canary_basis_points"],
  ["a share without a canary", { ...config, canary: null }, "canary"],
  ["a share without a rollout", { ...config, rollout_id: null }, "rollout_id"],
  ["a share without a salt", { ...config, salt: "" }, "rollout_id"],
  ["everything to nothing", { ...full, active: null }, "active"],
  ["a kill switch that is a word", { ...config, kill_switch: "false" }, "kill_switch"],
  [
    "a bundle that cannot decide",
    { ...config, active: { ...bundle, config: { ...bundle.config, positive: "x" } } },
    "active.config.positive",
  ],
  ["a holdback without a digest", { ...full, holdback: { ...bundle, digest: "" } }, "holdback.digest"],
  ["no defaults", { ...config, defaults: undefined }, "defaults"],
])("refuses %s", (_, input, path) => {
  expect(() => parseSwitchboardConfig(input)).toThrow(expect.objectContaining({ path }));
});
