import type { SettingDocument } from "@relearn/contract";
import { defaultRolloutPolicy } from "@relearn/contract/values";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../clock.ts";
import { TEST_START, testInstallation } from "../test-installation.ts";

describe("settings", () => {
  it("have defaults, and say so", async () => {
    const { settings } = await testInstallation();
    expect((await settings.list()).map(({ key, value, is_default }) => [key, value, is_default])).toEqual([
      ["time_zone", "UTC", true],
      ["four_eyes", true, true],
      ["public_url", null, true],
      ["rollout_policy.inbox_triage", {}, true],
      ["rollout_policy.insights_writer", {}, true],
      ["rollout_policy.knowledge_update", {}, true],
    ]);
    expect(await settings.rolloutPolicy("inbox_triage")).toEqual(defaultRolloutPolicy);
    await settings.set("time_zone", "Europe/Berlin", { actor: "ana" });
    expect((await settings.list()).map((setting) => setting.default)).toEqual([
      "UTC",
      true,
      null,
      ...Array.from({ length: 3 }, () => defaultRolloutPolicy),
    ]);
  });

  it("are set with an audit event that has the value before and after, once", async () => {
    const { settings, audit } = await testInstallation();
    expect(await settings.set("time_zone", "Europe/Berlin", { actor: "ana" })).toMatchObject({
      changed: true,
      setting: { value: "Europe/Berlin", is_default: false, updated_by: "ana" },
    });
    expect(await settings.set("time_zone", "Europe/Berlin", { actor: "ben" })).toMatchObject({
      changed: false,
      setting: { updated_by: "ana" },
    });
    expect(await settings.timeZone()).toBe("Europe/Berlin");
    expect(await settings.reset("time_zone", { actor: "ben" })).toMatchObject({ changed: true });
    expect(await settings.reset("time_zone", { actor: "ben" })).toMatchObject({ changed: false });
    expect(await settings.timeZone()).toBe("UTC");
    expect(await audit.list({ object: "time_zone" }, { limit: 10 })).toMatchObject([
      { kind: "setting.reset", actor: "ben", detail: { from: "Europe/Berlin", to: null } },
      { kind: "setting.changed", actor: "ana", detail: { from: null, to: "Europe/Berlin" } },
    ]);
  });

  it("give every agent's rollouts the installation's four eyes, unless the agent says otherwise", async () => {
    const { settings } = await testInstallation();
    await settings.set("four_eyes", false, { actor: "ana" });
    await settings.set("rollout_policy.insights_writer", { four_eyes: true, quorum: 2 }, { actor: "ana" });
    expect(await settings.rolloutPolicy("inbox_triage")).toMatchObject({ four_eyes: false, quorum: 1 });
    expect(await settings.rolloutPolicy("insights_writer")).toMatchObject({ four_eyes: true, quorum: 2 });
  });

  it("make a policy of a few members whole", async () => {
    const { settings } = await testInstallation();
    await settings.set("rollout_policy.inbox_triage", { stages: [5, 25, 50, 100] }, { actor: "ana" });
    const { stages, not_worse } = await settings.rolloutPolicy("inbox_triage");
    expect(stages).toEqual([5, 25, 50, 100]);
    expect(not_worse.map((margins) => margins.quality)).toEqual([0.2, 0.2, 0.05]);
  });

  it.each([
    ["time_zone", "Berlin", "invalid_input", "IANA"],
    ["time_zone", "+02:00", "invalid_input", "IANA"],
    ["time_zone", "", "invalid_input", "IANA"],
    ["time_zone", 2, "invalid_input", "IANA"],
    ["time_zone", "Europe/Berlin'; drop table settings", "invalid_input", "IANA"],
    ["time_zone", "Europe/Berlin\u0000", "invalid_input", "IANA"],
    ["four_eyes", "no", "invalid_input", "true or false"],
    ["four_eyes", null, "invalid_input", "true or false"],
    ["rollout_policy.inbox_triage", { stages: [50, 10, 100] }, "invalid_policy", "stages"],
    ["rollout_policy.inbox_triage", { stage: [10, 100] }, "invalid_policy", "stage"],
    ["rollout_policy.inbox_triage", { alpha: "0.05" }, "invalid_policy", "alpha"],
    ["rollout_policy.inbox_triage", [], "invalid_policy", "rollout_policy.inbox_triage"],
    ["rollout_policy.inbox", {}, "unknown_agent", "inbox_triage"],
    ["rollout_policy.", {}, "not_found", "time_zone, four_eyes"],
    ["installed_at", "2020-01-01T00:00:00.000Z", "not_found", "time_zone, four_eyes"],
    ["constructor", true, "not_found", "time_zone, four_eyes"],
  ])("refuse %s = %j", async (key, value, code, message) => {
    const { settings, audit } = await testInstallation();
    await expect(settings.set(key, value, { actor: "ana" })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(await audit.list({}, { limit: 10 })).toEqual([]);
  });

  it("go over HTTP", async () => {
    const api = (await testInstallation()).as("ana");
    await api.put("/v1/settings/four_eyes", { value: false });
    const { settings } = await api.get<{ settings: SettingDocument[] }>("/v1/settings");
    expect(settings.find((one) => one.key === "four_eyes")).toMatchObject({
      value: false,
      updated_by: "ana",
    });
    expect(await api.delete("/v1/settings/four_eyes")).toMatchObject({ changed: true });
    expect(await api.get("/v1/settings/four_eyes")).toMatchObject({ value: true, is_default: true });
  });

  it("remember when the installation was made", async () => {
    const { settings, clock } = await testInstallation();
    clock.advance(3 * DAY_MS);
    expect(await settings.installedAt()).toEqual(TEST_START);
  });
});
