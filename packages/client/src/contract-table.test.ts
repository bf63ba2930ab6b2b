import { describe, expect, it } from "vitest";
import { configCases, modelCases, outcomeCases, unitCases } from "../../contract/src/documents.fixture.ts";
import { checkModel } from "./check-model.ts";
import type { Outcome } from "./outcome.ts";
import { createSwitchboard } from "./switchboard.ts";
import { canaryConfig } from "./switchboard-config.fixture.ts";
import { parseSwitchboardConfig } from "./switchboard-config.ts";

const isAccepted = (check: () => unknown): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};

/** A switchboard with the fixture's canary. */
async function withCanary() {
  const errors: unknown[] = [];
  const board = createSwitchboard({
    agent: "inbox_triage",
    source: {
      load: async () => ({ status: "changed", config: canaryConfig, etag: null }),
      sendExposures: async () => "accepted",
      sendOutcomes: async () => "accepted",
    },
    refreshIntervalMs: 0,
    flushIntervalMs: 0,
    onError: (part) => errors.push(part),
  });
  await board.ready();
  return { board, errors };
}

/** The outcome as an agent would report it. */
function toOutcome(document: unknown): { unit: string; outcome: Outcome } {
  const { unit_id, outcome_id, task_key, latency_ms, quality, cost, success, judge } = document as Readonly<
    Record<string, never>
  >;
  const named = {
    outcomeId: outcome_id,
    taskKey: task_key,
    latencyMs: latency_ms,
    quality,
    cost,
    success,
    judge,
  };
  const outcome: Outcome = Object.fromEntries(
    Object.entries(named).filter(([, value]) => value !== undefined),
  );
  return { unit: unit_id!, outcome };
}

describe("the client and the contract", () => {
  it.each(outcomeCases)("of an outcome: $name", async ({ document, accepted }) => {
    const { board } = await withCanary();
    const { unit, outcome } = toOutcome(document);
    expect(board.recordOutcome(unit, outcome).recorded).toBe(accepted);
  });

  it.each(unitCases)("of a unit: $name", async ({ document, accepted }) => {
    const { board, errors } = await withCanary();
    const decision = board.decide(document as string, { risk: 40 });
    expect(decision.unitId).toBe(accepted ? document : null);
    expect(decision.reason).toBe(accepted ? "SPLIT" : board.assign(null).reason);
    // Without a unit is a case of its own; what is no unit is told.
    expect(errors).toEqual(accepted || document === "" ? [] : ["decide"]);
    expect(board.recordOutcome(document as string, {}).recorded).toBe(accepted);
    expect(board.recordOutcome(decision, {}).recorded).toBe(accepted);
  });

  it.each(modelCases)("of a model: $name", ({ document, accepted, client = accepted }) => {
    expect(isAccepted(() => checkModel(document))).toBe(client);
  });

  it.each(configCases)("of a config: $name", ({ document, accepted, client = accepted }) => {
    expect(isAccepted(() => parseSwitchboardConfig(document))).toBe(client);
  });
});
