import { describe, expect, it } from "vitest";
import { builtInAgents } from "../../agents/built-in-agents.ts";
import { testInstallation } from "../test-installation.ts";

const definition = {
  name: "refunds",
  classes: ["grant", "refuse"],
  positive: "refuse",
  features: [{ name: "amount", path: "order.amount", kind: "number", default: 0, min: 0 }],
  thresholds: [{ name: "amount_threshold", boundary_of: "amount", fallback: 100 }],
};

describe("agents", () => {
  it("has the specification's three built in", async () => {
    const { agents } = await testInstallation();
    const stored = await agents.list();
    expect(stored.map((agent) => agent.definition)).toEqual(builtInAgents);
    expect(stored.map((agent) => agent.definition.features.length)).toEqual([7, 5, 4]);
  });

  it("defines another from a document, once", async () => {
    const { agents, audit } = await testInstallation();
    expect(await agents.apply(definition, { actor: "ana" })).toMatchObject({
      name: "refunds",
      changed: true,
    });
    expect(await agents.apply(definition, { actor: "ana" })).toMatchObject({
      name: "refunds",
      changed: false,
    });
    expect((await agents.get("refunds")).definition).toEqual(definition);
    expect(await audit.list({}, { limit: 10 })).toMatchObject([
      { kind: "agent.applied", actor: "ana", object: "refunds" },
    ]);
  });

  it("refuses a wrong definition with the path of every fault", async () => {
    const { agents } = await testInstallation();
    const wrong = {
      ...definition,
      positive: "maybe",
      features: [{ name: "amount", path: "order.amount", kind: "nummer", default: 0 }],
    };
    await expect(agents.apply(wrong, { actor: "ana" })).rejects.toMatchObject({
      code: "invalid_definition",
      message: expect.stringContaining("features[0].kind"),
    });
    await expect(
      agents.apply(
        { ...definition, thresholds: [{ name: "t", boundary_of: "size", fallback: 1 }] },
        { actor: "ana" },
      ),
    ).rejects.toMatchObject({
      message: expect.stringContaining('thresholds[0]: names the feature "size"'),
    });
  });

  it("names the agents there are when asked for one there is not", async () => {
    const api = (await testInstallation()).as("ana");
    await expect(api.get("/v1/agents/inbox")).rejects.toMatchObject({
      code: "unknown_agent",
      message: expect.stringContaining("inbox_triage"),
    });
  });

  it("keeps what its users made of a built-in agent when Relearn starts again", async () => {
    const { agents } = await testInstallation();
    const changed = { ...builtInAgents[0]!, reviews_per_item: 2 };
    await agents.apply(changed, { actor: "ana" });
    await agents.addBuiltIns();
    expect((await agents.get("inbox_triage")).definition).toEqual(changed);
  });
});
